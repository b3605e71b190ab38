"""The Markdown subset of messages: bold, italic, code, fenced code, lists, quotes, links.

Parsed by markdown-it-py with HTML and images off, highlighted by Pygments (classes only), and
sanitised by nh3 (ammonia) with an allow-list, so that a fault in one does not open a hole.
"""

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache
from html import escape
from typing import Any
from uuid import UUID

import nh3
from markdown_it import MarkdownIt, rules_core, rules_inline
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

MAX_NESTING = 20
"""Levels of quotes and lists that are shown; what is nested deeper stays in the body only."""

MOST_TRIED = 500
"""How many opening brackets, and how many addresses, are looked at as the beginning of a link in
one message. Each of them may make the parser read the rest; what comes after stays as written."""

ALLOWED_TAGS = {
    "p", "br", "strong", "em", "s", "code", "pre", "ul", "ol", "li", "blockquote", "a", "span",
}  # fmt: skip
ALLOWED_ATTRIBUTES: dict[str, set[str]] = {
    "*": set(),  # without it nh3 lets title and lang through
    "a": {"href"},
    "code": {"class"},
    "pre": {"class", "tabindex", "role", "aria-label", "dir"},
    "span": {"class", "data-mention"},
    "ol": {"start"},
}
ALLOWED_SCHEMES = {"http", "https", "mailto"}


EVERYBODY = ("all", "everyone")
"""What names all of a conversation at once."""

_BEFORE = r"(?<![\w@/.:+=&#%?-])"
"""An address (`mara@x.test`, `x.test/@mara`) names nobody."""


class Names:
    """Whom an ``@`` can name in one message, and whom it has named once that is rendered.

    Of two people of the same name both are named: the wrong one alone would be worse.
    """

    def __init__(
        self, people: Iterable[tuple[UUID, str]], *, everybody: Iterable[UUID] | None = None
    ) -> None:
        self._ids: dict[str, list[UUID]] = {}
        spelled: set[str] = set()
        for user_id, name in people:
            if name.strip():
                spelled.add(name.strip())
                self._ids.setdefault(name.strip().casefold(), []).append(user_id)
        self._everybody = None if everybody is None else list(everybody)
        if self._everybody is not None:
            spelled |= {*EVERYBODY}
        # The longest first, so that "@Mara Lindqvist" is not "@Mara".
        self._words = sorted(spelled, key=len, reverse=True)
        among = "|".join(f"({re.escape(word)})" for word in self._words)
        self._pattern = re.compile(rf"{_BEFORE}@(?:{among})(?!\w)", re.IGNORECASE)
        self.mentioned: set[UUID] = set()

    def __bool__(self) -> bool:
        return bool(self._words)

    def at(self, text: str, position: int, end: int) -> tuple[int, str] | None:
        """Where a name that begins here ends, and whom it names as `data-mention` says it."""
        found = self._pattern.match(text, position)
        if found is None or found.lastindex is None or found.end() > end:
            return None
        ids = self._ids.get(self._words[found.lastindex - 1].casefold())
        self.mentioned |= set(self._everybody or () if ids is None else ids)
        return found.end(), "all" if ids is None else " ".join(map(str, ids))


def render_markdown(body: str, names: Names | None = None) -> str:
    """Safe HTML of a message's body; whom it names of ``names`` is noted there."""
    rendered = (
        _parser_of_names().render(body, {"names": names}) if names else _parser().render(body)
    )
    return nh3.clean(
        rendered,
        tags=ALLOWED_TAGS,
        attributes=ALLOWED_ATTRIBUTES,
        url_schemes=ALLOWED_SCHEMES,
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    ).strip()


@cache
def _parser() -> MarkdownIt:
    return _make_parser()


def _make_parser() -> MarkdownIt:
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
    parser.inline.ruler.at("link", _link)
    parser.inline.ruler.at("linkify", _address)
    parser.core.ruler.at("linkify", _addresses)
    parser.add_render_rule("fence", _fence)
    return parser


def _link(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] != "[":
        return False
    if _may_try(state, "["):
        return rules_inline.link(state, silent)
    if silent:  # ends the search for the end of the link around it, as too deep nesting does
        state.pos = state.posMax
    return silent


def _address(state: StateInline, silent: bool) -> bool:
    is_one = state.src.startswith("://", state.pos) and _may_try(state, "://")
    return is_one and rules_inline.linkify(state, silent)


def _addresses(state: StateCore) -> None:
    """Those without a scheme, and what the rule above has left."""
    if state.src.count("://") <= MOST_TRIED:
        rules_core.linkify(state)


def _may_try(state: StateInline, what: str) -> bool:
    tried: Counter[str] = state.env.setdefault("tried", Counter())
    tried[what] += 1
    return tried[what] <= MOST_TRIED


@cache
def _parser_of_names() -> MarkdownIt:
    parser = _make_parser()
    # Before what takes a name's own marks for Markdown.
    parser.inline.ruler.before("emphasis", "mention", _mention)
    parser.add_render_rule("mention", _mention_html)
    return parser


def _mention(state: StateInline, silent: bool) -> bool:
    """Not in code, which is read before it gets here, nor in the words of a link."""
    if state.src[state.pos] != "@" or state.linkLevel or silent:
        return False
    found = state.env["names"].at(state.src, state.pos, state.posMax)
    if found is None:
        return False
    end, whom = found
    token = state.push("mention", "", 0)
    token.content, token.meta = state.src[state.pos : end], {"whom": whom}
    state.pos = end
    return True


def _mention_html(self: Any, tokens: Any, index: int, options: Any, env: Any) -> str:
    token = tokens[index]
    whom, words = token.meta["whom"], escape(token.content)
    return f'<span class="mention" data-mention="{whom}">{words}</span>'


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
