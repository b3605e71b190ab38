"""The beginning of a message."""

from typing import Any

import pytest
from django.template import Context, Template

from accounts.models import User
from messaging.templatetags.excerpts import excerpt
from rooms.models import Room


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('> quoted\n\n```python\nprint("a" < "b")\n```', 'quoted\nprint("a" < "b")'),
        ("**Monday** & [there](https://e.test)", "Monday & there"),
        ("x" * 60, "x" * 39 + "…"),
    ],
)
def test_it_is_words_alone(body: str, words: str, room: Room, client_user: User, say: Any) -> None:
    assert excerpt(say(client_user, room, body), 40) == words


def test_it_is_escaped_once(room: Room, client_user: User, say: Any) -> None:
    template = Template("{% load excerpts %}{{ message|excerpt:40 }}")
    html = template.render(Context({"message": say(client_user, room, "`<b>`")}))
    assert html == "&lt;b&gt;"
