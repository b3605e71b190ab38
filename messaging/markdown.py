"""The Markdown subset of messages: bold, italic, code, fenced code, lists, quotes, links.

Parsed by markdown-it-py with HTML and images off, highlighted by Pygments (classes only), and
sanitised by nh3 (ammonia) with an allow-list, so that a fault in one does not open a hole.
"""

from functools import cache
from html import escape
from typing import Any

import nh3
from markdown_it import MarkdownIt
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

MAX_NESTING = 20
"""Levels of quotes and lists that are shown; what is nested deeper stays in the body only."""

ALLOWED_TAGS = {
    "p", "br", "strong", "em", "s", "code", "pre", "ul", "ol", "li", "blockquote", "a", "span",
}  # fmt: skip
ALLOWED_ATTRIBUTES: dict[str, set[str]] = {
    "*": set(),  # without it nh3 lets title and lang through
    "a": {"href"},
    "code": {"class"},
    "pre": {"class", "tabindex", "role", "aria-label", "dir"},
    "span": {"class"},
    "ol": {"start"},
}
ALLOWED_SCHEMES = {"http", "https", "mailto"}


def render_markdown(body: str) -> str:
    """Safe HTML of a message's body."""
    return nh3.clean(
        _parser().render(body),
        tags=ALLOWED_TAGS,
        attributes=ALLOWED_ATTRIBUTES,
        url_schemes=ALLOWED_SCHEMES,
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    ).strip()


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt(
        "zero",
        {
            "html": False,
            "linkify": True,
            "breaks": True,
            "maxNesting": MAX_NESTING,
        },
    )
    parser.enable(
        [
            "newline", "escape", "backticks", "emphasis", "strikethrough", "link", "autolink",
            "linkify", "balance_pairs", "fragments_join", "fence", "list", "blockquote", "entity",
        ]
    )  # fmt: skip
    parser.add_render_rule("fence", _fence)
    return parser


def _fence(self: Any, tokens: Any, index: int, options: Any, env: Any) -> str:
    token = tokens[index]
    language = token.info.strip().split(" ")[0].lower()
    return (
        f'<pre class="code" tabindex="0" role="group" aria-label="Code" dir="ltr"><code>'
        f"{_highlight(token.content, language)}</code></pre>\n"
    )


def _highlight(code: str, language: str) -> str:
    try:
        lexer = get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return escape(code.rstrip("\n"))
    marked_up = highlight(code, lexer, HtmlFormatter(nowrap=True))
    return str(marked_up).rstrip("\n")
