"""What HTML of people's words may hold, read by another parser than the one that made it."""

from html.parser import HTMLParser

from messaging.markdown import ALLOWED_ATTRIBUTES, ALLOWED_SCHEMES, ALLOWED_TAGS

OURS = {"a": {"target", "rel"}}
"""Attributes that the renderer adds by itself."""


class _Reader(HTMLParser):
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED_TAGS, self.rawdata
        assert {name for name, _ in attrs} <= ALLOWED_ATTRIBUTES.get(tag, set()) | OURS.get(
            tag, set()
        ), self.rawdata
        for name, value in attrs:
            if name == "href":
                scheme, colon, _ = (value or "").partition(":")
                is_ours = not colon or not scheme.replace("+", "").isalnum()
                assert is_ours or scheme.lower() in ALLOWED_SCHEMES, self.rawdata


def assert_safe(html: str) -> None:
    """Only tags, attributes and schemes of the allow-list, and every one of them closed."""
    _Reader().feed(html)
