"""The Markdown subset, and nothing beyond it."""

import sys
from collections import Counter
from types import FrameType
from typing import Any
from uuid import uuid4

import pytest
from markdown_it import rules_inline

from messaging.markdown import MOST_TRIED, Names, render_markdown
from messaging.models.message import MAX_BODY_CHARACTERS

LINK = '<a href="https://e.test/a" target="_blank" rel="noopener noreferrer nofollow">'


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("plain", "<p>plain</p>"),
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("**b** *i* ~~s~~ `c`",
         "<p><strong>b</strong> <em>i</em> <s>s</s> <code>c</code></p>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("3. a\n4. b", '<ol start="3">\n<li>a</li>\n<li>b</li>\n</ol>'),
        ("> quoted", "<blockquote>\n<p>quoted</p>\n</blockquote>"),
        ("[a](https://e.test/a)", f"<p>{LINK}a</a></p>"),
        ("https://e.test/a", f"<p>{LINK}https://e.test/a</a></p>"),
        ("# no heading", "<p># no heading</p>"),
        ("![x](https://e.test/a)", f"<p>!{LINK}x</a></p>"),
        ("<b>no</b> & <i>html</i>", "<p>&lt;b&gt;no&lt;/b&gt; &amp; &lt;i&gt;html&lt;/i&gt;</p>"),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        ("| a | b |\n|---|---|", "<p>| a | b |<br>\n|---|---|</p>"),
    ],
)  # fmt: skip
def test_what_becomes_of(body: str, html: str) -> None:
    assert render_markdown(body) == html


def test_fenced_code_is_highlighted_by_classes() -> None:
    html = render_markdown("```python\nif x < 1:\n    pass\n```")
    assert '<span class="k">if</span>' in html
    assert "&lt;" in html
    assert "style=" not in html


def test_an_unknown_language_is_plain_code() -> None:
    html = render_markdown("```nonsense\na < b\n```")
    assert "<code>a &lt; b</code>" in html


def test_deep_nesting_ends() -> None:
    html = render_markdown(">" * 5_000 + " deep")
    assert html.count("<blockquote>") <= 20


CALLS_PER_CHARACTER = 40
"""Ordinary words take one, a list of single letters thirty."""

REPEATED = (
    "[", "![", "[]", "[[]", "[a", "[a](", "[a](b", "[a](<", '[a](<b>"', "[`", "`[", "[*a", "*[a",
    "*", "*a ", "a*", "**a ", "_", "*_", "*a_", "~~a ", "`", "`a", "``a` ", "\\", "&", "&a;",
    "> ", ">", "> \n", "- ", "- a\n", "- - ", "1. ", "a\n", "\n", "```\n", "<", "<a", "<http://a",
    "://", "a://", "http://", "http://a", "http:// ", "https://a.b/(", "www.", "a.com(", "a@b.c ",
    "@", " @Mara",
)  # fmt: skip
SHAPED = {
    "brackets around brackets": "[" * 5_000 + "]" * 5_000,
    "links in links": "[" * 5_000 + "](a)" * 1_250,
    "lists in lists": "\n".join("  " * level + "- a" for level in range(98)),
    "lists in quotes": "\n".join("> " * level + "- a" for level in range(98)),
    "longer and longer code": " ".join("`" * length for length in range(140)),
}
LONG = {text: text * (MAX_BODY_CHARACTERS // len(text)) for text in REPEATED} | SHAPED


@pytest.mark.parametrize("name", LONG)
def test_work_grows_no_faster_than_the_message(name: str) -> None:
    names = Names([(uuid4(), "Mara"), (uuid4(), "Mara Lindqvist")])
    for among in (None, names):
        calls = _calls_of_rendering(LONG[name], among)
        assert calls.total() <= CALLS_PER_CHARACTER * len(LONG[name])
        # Both may read all the rest each time, which no number of calls shows.
        assert calls[rules_inline.link.__code__] <= MOST_TRIED
        assert calls[rules_inline.linkify.__code__] <= MOST_TRIED


def _calls_of_rendering(body: str, names: Names | None) -> Counter[Any]:
    """How often each function was called."""
    calls: Counter[Any] = Counter()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            calls[frame.f_code] += 1

    before = sys.getprofile()
    render_markdown("first", names)  # what is made once
    sys.setprofile(note)
    try:
        render_markdown(body, names)
    finally:
        sys.setprofile(before)
    return calls


def test_hundreds_of_links_are_links() -> None:
    for link in ("[a](https://e.test/a)", "https://e.test/a"):
        assert render_markdown(f"{link}\n\n" * 400).count(LINK) == 400


def test_what_comes_after_many_beginnings_stays_as_written() -> None:
    after = render_markdown("[" * MOST_TRIED + "[a](/b) *c*")
    assert after.endswith("[a](/b) <em>c</em></p>")
    many = render_markdown("http://a " * (MOST_TRIED + 2))
    assert many.count("<a ") == MOST_TRIED
    assert many.endswith("</a> http://a http://a</p>")
