"""Rows inserted by kept SQL, as Django would insert them."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import DataError, IntegrityError, transaction
from django.forms.models import model_to_dict
from django.utils import timezone

from accounts.models import User
from core.insertion import insert
from core.rows import Condition, Statement
from messaging.models import Message, MessageRevision
from rooms.models import Room


def made(room: Room, author: User, **more: Any) -> Message:
    fields: dict[str, Any] = {"seq": 1_000, "body": "%s 'ü' \\", "metadata": {"a": [1, "b"]}}
    return Message(conversation=room.conversation, author=author, **fields | more)


def test_it_is_stored_as_django_stores_it(room: Room, client_user: User) -> None:
    ours, djangos = made(room, client_user), made(room, client_user, seq=1_001)
    insert(ours)
    djangos.save(force_insert=True)
    stored = [Message.objects.get(pk=message.pk) for message in (ours, djangos)]
    first, second = (
        model_to_dict(message, exclude=["id", "client_id", "seq", "created_at"])
        for message in stored
    )
    assert first == second
    assert stored[0].seq == 1_000
    for field in Message._meta.concrete_fields:
        assert getattr(ours, field.attname) == getattr(stored[0], field.attname)


def test_it_is_an_instance_as_saved(room: Room, client_user: User) -> None:
    message = made(room, client_user)
    insert(message)
    assert message.created_at <= timezone.now()
    message.body = "changed"
    message.save()
    assert Message.objects.get(pk=message.pk).body == "changed"


def test_without_anything_made_by_the_database(room: Room, client_user: User) -> None:
    message = made(room, client_user)
    insert(message)
    revision = MessageRevision(pk=7, message=message, body="before", written_at=timezone.now())
    insert(revision)
    assert message.revisions.get() == revision


def test_only_if_its_condition_holds(room: Room, client_user: User) -> None:
    message = made(room, client_user)
    known = Condition("EXISTS (SELECT FROM accounts_user WHERE id = %s)", [uuid4()])
    assert insert(message, only_if=known) is None
    assert message._state.adding
    assert not Message.objects.filter(pk=message.pk).exists()
    assert insert(message, only_if=Condition(known.sql, [client_user.pk])) == ()
    assert Message.objects.get(pk=message.pk) == message


def test_what_is_too_long_is_refused_and_not_cut(room: Room, client_user: User) -> None:
    with pytest.raises(DataError), transaction.atomic():
        insert(made(room, client_user, message_type="x" * 100))


def test_a_constraint_is_kept(room: Room, client_user: User) -> None:
    client_id = uuid4()
    insert(made(room, client_user, client_id=client_id))
    with pytest.raises(IntegrityError), transaction.atomic():
        insert(made(room, client_user, client_id=client_id, seq=1_001))


def test_something_is_asked_with_it(room: Room, client_user: User) -> None:
    place = Statement("(SELECT email FROM accounts_user WHERE id = %s)", [client_user.pk])
    assert insert(made(room, client_user), asking=place) == (client_user.email,)


def test_something_else_is_written_with_it(room: Room, client_user: User) -> None:
    message = made(room, client_user)
    note = Statement(
        "UPDATE accounts_user SET last_seen_at = stored.created_at FROM stored WHERE id = %s",
        [client_user.pk],
    )
    never = Condition("EXISTS (SELECT FROM accounts_user WHERE id = %s)", [uuid4()])
    assert insert(message, only_if=never, also=note) is None
    assert User.objects.get(pk=client_user.pk).last_seen_at is None
    doubled = Statement("%s::int * 2, %s::text", [21, "asked"])
    assert insert(message, also=note, asking=doubled) == (42, "asked")
    assert User.objects.get(pk=client_user.pk).last_seen_at == message.created_at
