"""Every route of the URLconf, nested ones too, and what its view takes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.views.generic import RedirectView
from django.views.generic.edit import ProcessFormView

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Route:
    """An address with `{}` for each part that varies, and its view."""

    address: str
    view: Any

    @property
    def methods(self) -> frozenset[str] | None:
        """What a view class has methods for; None where only asking tells (functions)."""
        cls = getattr(self.view, "cls", None) or getattr(self.view, "view_class", None)
        if cls is None:
            return None
        if issubclass(cls, RedirectView):
            return frozenset({"GET"})  # its other methods are the same one
        names = {name for name in METHODS if hasattr(cls, name.lower())}
        if getattr(cls, "put", None) is ProcessFormView.put:
            names.discard("PUT")  # Django's own other word for POST, with an empty form
        return frozenset(names)


def routes() -> list[Route]:
    """All of them."""
    return [Route(f"/{_shape(path)}", view) for path, view in _walk(get_resolver().url_patterns)]


def shape(address: str) -> str:
    """`/rooms/{}/` for a table's `/rooms/{room}/?page=2`."""
    return re.sub(r"{\w+}", "{}", address.partition("?")[0])


def _walk(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, path)
        else:
            yield path, pattern.callback


def _shape(path: str) -> str:
    """`rooms/{}/` for `rooms/<uuid:room_id>/`, and for a regular expression's group."""
    path = re.sub(r"\(\?P<\w+>(?:[^()\[\]]|\[[^\]]*\])*\)", "{}", path)
    path = re.sub(r"<[^>]+>", "{}", path)
    return path.replace("^", "").replace("$", "").replace("\\", "")
