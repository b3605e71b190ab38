"""The schema that is checked in is the one that the code makes."""

import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from tests.api import SCHEMA

REGENERATE = (
    ".venv/bin/python manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml"
)


def test_the_checked_in_schema_is_up_to_date(tmp_path: Path) -> None:
    made = tmp_path / "openapi.yaml"
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(made))
    assert made.read_text() == SCHEMA.read_text(), f"Run: {REGENERATE}"


def test_it_is_served_to_everybody(client: Client, db: None) -> None:
    answer = client.get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi"})
    assert answer.status_code == 200
    assert answer.content.decode() == SCHEMA.read_text()


@pytest.mark.django_db
def test_the_page_needs_no_inline_code(client: Client) -> None:
    answer = client.get("/api/docs/")
    html = answer.content.decode()
    assert "unsafe-inline" not in answer["Content-Security-Policy"]
    assert html.count("<style") == html.count('<style nonce="') == 1
    assert "style=" not in html
    assert html.count("<script ") == len(re.findall(r'<script nonce="[^"]+" src=', html)) == 3
    assert "Consult Suite" in html
    script = client.get("/api/docs/?script=")
    assert script["Content-Type"].startswith("application/javascript")
    assert "/api/schema/" in script.content.decode()
