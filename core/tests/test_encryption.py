"""Stored secrets: what the database holds, and changing the keys."""

from collections.abc import Iterator
from io import StringIO
from typing import Any, ClassVar

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.core.exceptions import FieldError
from django.core.management import CommandError, call_command
from django.db import connection, models
from pytest_django import Settings

from accounts.models import User
from core import encryption
from core.actions.encryption import STREAM, Rotation, rotate_encryption_keys
from core.encryption import (
    EncryptedTextField,
    Place,
    Undecryptable,
    decrypt,
    encrypt,
    encrypted_in_json,
    places,
)
from core.errors import NotAllowed
from core.models import Event

OLD, NEW, OTHER = (Fernet.generate_key().decode() for _ in range(3))
MARKER = "marker-Ä-secret"


class Connection(models.Model):
    """Stands for a connection to another service; its table lives as long as a test."""

    secret = EncryptedTextField(null=True)
    data = models.JSONField(default=dict)

    objects: ClassVar[models.Manager["Connection"]] = models.Manager()

    class Meta:
        app_label = "core"
        managed = False
        db_table = "test_connection"

    def __str__(self) -> str:
        return str(self.pk)


del apps.all_models["core"]["connection"]  # no other test is to meet it
apps.clear_cache()


@pytest.fixture(autouse=True)
def installed() -> Iterator[None]:
    """The model is one of the installed ones."""
    apps.register_model("core", Connection)
    yield
    del apps.all_models["core"]["connection"]
    apps.clear_cache()


@pytest.fixture
def table(db: None) -> None:
    """The table, gone with the test's transaction."""
    with connection.schema_editor() as editor:
        editor.create_model(Connection)


@pytest.fixture
def registered() -> Iterator[None]:
    """The JSON column is registered."""
    before = set(encryption._in_json)
    encrypted_in_json("core.Connection", "data", "seed", "codes")
    yield
    encryption._in_json.clear()
    encryption._in_json.update(before)


@pytest.fixture(autouse=True)
def old_key(settings: Settings) -> None:
    """Everything begins with one key."""
    settings.ENCRYPTION_KEYS = [OLD]


def stored() -> list[tuple[str | None, str]]:
    """What the database holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret, data::text FROM test_connection ORDER BY id")
        rows: list[tuple[str | None, str]] = cursor.fetchall()
    return rows


def test_a_text_comes_back() -> None:
    for text in ("", MARKER, "x" * 10_000):
        assert decrypt(encrypt(text)) == text
    assert encrypt(MARKER) != encrypt(MARKER)


@pytest.mark.parametrize("token", ["", "plain", "gAAAAA", "Ä", "gAAAAABk" + "A" * 100])
def test_what_is_no_token(token: str) -> None:
    with pytest.raises(Undecryptable, match="No key of ENCRYPTION_KEYS decrypts this value"):
        decrypt(token)


def test_a_changed_token() -> None:
    token = encrypt(MARKER)
    changed = token[:40] + ("A" if token[40] != "A" else "B") + token[41:]
    with pytest.raises(Undecryptable):
        decrypt(changed)


def test_the_wrong_key(settings: Settings) -> None:
    token = encrypt(MARKER)
    settings.ENCRYPTION_KEYS = [NEW]
    with pytest.raises(Undecryptable) as refused:
        decrypt(token)
    assert refused.value.__cause__ is None
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    assert decrypt(token) == MARKER
    settings.ENCRYPTION_KEYS = [OLD]
    assert decrypt(token) == MARKER


@pytest.mark.usefixtures("table")
class TestField:
    def test_the_database_holds_no_plain_text(self) -> None:
        row = Connection.objects.create(secret=MARKER)
        Connection.objects.create(secret=None)
        ((held, _), (empty, _)) = stored()
        assert held is not None
        assert "marker" not in held
        assert empty is None
        assert Connection.objects.get(pk=row.pk).secret == MARKER
        assert Connection.objects.get(secret__isnull=True).secret is None

    def test_it_is_changed_and_kept(self) -> None:
        row = Connection.objects.create(secret=MARKER)
        row.secret = "another"
        row.save()
        row.refresh_from_db()
        assert row.secret == "another"
        Connection.objects.update(secret="a third")
        assert Connection.objects.values_list("secret", flat=True).get() == "a third"
        assert "third" not in str(stored())

    @pytest.mark.parametrize("lookup", ["secret", "secret__in", "secret__contains", "secret__gt"])
    def test_it_cannot_be_searched(self, lookup: str) -> None:
        with pytest.raises(FieldError, match="secret is encrypted"):
            Connection.objects.filter(**{lookup: [MARKER]}).exists()

    def test_the_wrong_key(self, settings: Settings) -> None:
        Connection.objects.create(secret=MARKER)
        settings.ENCRYPTION_KEYS = [NEW]
        with pytest.raises(Undecryptable):
            Connection.objects.get()


@pytest.mark.usefixtures("table")
class TestRotation:
    def test_everything_is_encrypted_with_the_first_key(
        self, system: User, settings: Settings, registered: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("core.actions.encryption.BATCH", 2)
        for number in range(5):
            Connection.objects.create(
                secret=f"{MARKER} {number}" if number != 3 else None,
                data={"seed": encrypt("seed"), "codes": [encrypt("a"), encrypt("b")], "mask": 7},
            )
        settings.ENCRYPTION_KEYS = [NEW, OLD]
        Connection.objects.create(secret="new already", data={"mask": 8, "seed": None})
        before = stored()
        done = rotate_encryption_keys(actor=system)
        assert done["core.Connection.data"] == Rotation(renewed=15)
        assert done["core.Connection.secret"] == Rotation(renewed=4)
        settings.ENCRYPTION_KEYS = [NEW]
        rows = Connection.objects.order_by("pk")
        assert [row.secret for row in rows] == [
            *(f"{MARKER} {n}" for n in range(3)),
            None,
            f"{MARKER} 4",
            "new already",
        ]
        assert [decrypt(code) for code in rows[0].data["codes"]] == ["a", "b"]
        assert decrypt(rows[4].data["seed"]) == "seed"
        assert rows[0].data["mask"] == 7
        assert rows[5].data == {"mask": 8, "seed": None}
        assert stored()[5] == before[5]
        # A second run finds nothing to do.
        after = stored()
        assert rotate_encryption_keys(actor=system)["core.Connection.secret"] == Rotation()
        assert stored() == after

    def test_it_is_recorded(self, system: User) -> None:
        Connection.objects.create(secret=MARKER)
        rotate_encryption_keys(actor=system)
        event = Event.objects.get(stream__kind=STREAM.kind)
        assert (event.name, event.actor, event.data) == (
            "EncryptionKeysRotated",
            system,
            {"renewed": 0, "unreadable": 0},
        )

    def test_what_no_key_decrypts_stays(self, system: User, settings: Settings) -> None:
        Connection.objects.create(secret=MARKER)
        settings.ENCRYPTION_KEYS = [OTHER]
        Connection.objects.create(secret="later")
        before = stored()
        settings.ENCRYPTION_KEYS = [NEW, OTHER]
        said = StringIO()
        with pytest.raises(CommandError, match=r"core.Connection.secret: 1 values"):
            call_command("rotate_encryption_keys", stdout=said)
        assert "core.Connection.secret: 1 encrypted anew" in said.getvalue()
        assert stored()[0] == before[0]
        assert stored()[1] != before[1]
        assert Event.objects.get(stream__kind=STREAM.kind).data["unreadable"] == 1

    def test_the_command_says_when_the_old_key_may_go(
        self, system: User, settings: Settings
    ) -> None:
        Connection.objects.create(secret=MARKER)
        settings.ENCRYPTION_KEYS = [NEW, OLD]
        said = StringIO()
        call_command("rotate_encryption_keys", stdout=said)
        lines = said.getvalue().splitlines()
        assert "core.Connection.secret: 1 encrypted anew" in lines
        assert lines[-1] == "Only the first key is needed now."

    def test_nobody_else_may(self, consultant: User) -> None:
        with pytest.raises(NotAllowed):
            rotate_encryption_keys(actor=consultant)
        assert not Event.objects.filter(stream__kind=STREAM.kind).exists()


def test_places_are_those_of_installed_models(registered: None) -> None:
    encrypted_in_json("gone.Model", "data", "seed")
    all_models: list[Any] = [Connection, User]
    assert places(all_models) == [
        Place("core.Connection", "data", frozenset({"seed", "codes"})),
        Place("core.Connection", "secret"),
    ]
