"""Error pages must not need what may be broken: no user, session, database or context."""

import re

import pytest
from django.template.loader import get_template
from django.test import Client

PAGES = ["400", "403", "403_csrf", "404", "413", "429", "500", "503"]


@pytest.mark.parametrize("page", PAGES)
def test_renders_from_nothing_with_one_way_out(page: str) -> None:
    html = get_template(f"{page}.html").render()
    assert len(re.findall(r"<h1\b", html)) == 1
    assert len(re.findall(r'class="btn\b', html)) == 1
    assert re.search(r"<title>\S.* · Consult Suite</title>", html)
    assert f"Error {page[:3]}" in html
    assert "style=" not in html
    assert "<script" not in html


def test_keeps_the_theme_that_was_chosen() -> None:
    assert '<html lang="en">' in get_template("404.html").render()
    html = get_template("404.html").render({"theme": "suite-dark"})
    assert '<html lang="en" data-theme="suite-dark">' in html


def test_a_stale_form_leads_back_to_its_page() -> None:
    html = get_template("403_csrf.html").render({"back": "/rooms/new/"})
    assert 'href="/rooms/new/">Load the page again</a>' in html


def test_pages_are_compressed_for_who_can_read_that(client: Client) -> None:
    plain = client.get("/accounts/login/")
    small = client.get("/accounts/login/", headers={"Accept-Encoding": "gzip"})
    assert small.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in small.headers["Vary"]
    assert len(small.content) < len(plain.content) / 2
