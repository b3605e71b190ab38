"""The Markdown subset, and nothing beyond it."""

import pytest

from messaging.markdown import render_markdown

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
