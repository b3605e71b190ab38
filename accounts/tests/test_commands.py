"""Management commands about people."""

import pytest
from django.core.management import CommandError, call_command

from accounts.models import ApiToken, User
from core.authentication import live_token
from core.models import Event
from tests.fixtures import capture_events, names


def test_create_token_prints_a_token_that_works(
    client_user: User, capsys: pytest.CaptureFixture[str]
) -> None:
    with capture_events() as events:
        call_command("create_token", "Tomas@demo.test")
    token = capsys.readouterr().out.strip()
    assert live_token(token).user == client_user
    assert names(events) == ["ApiTokenCreated"]
    assert events[0].actor == User.objects.system()


@pytest.mark.parametrize(("options", "scope"), [([], "admin"), (["--scope=read"], "read")])
def test_an_administrators_token_administers(staff: User, options: list[str], scope: str) -> None:
    call_command("create_token", staff.email, *options)
    assert ApiToken.objects.get().scope == scope


@pytest.mark.django_db
def test_create_token_for_nobody_changes_nothing() -> None:
    with pytest.raises(CommandError, match=r"Nobody active has the address nobody@demo\.test"):
        call_command("create_token", "nobody@demo.test")
    assert not Event.objects.exists()
