"""Direct conversations in the database, made with SQL from one that the product made itself.

Needs `django.setup()`: import it inside `run()` only.
"""

from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from knox.crypto import hash_token

from accounts.models import User
from accounts.models.token import ApiToken
from bench.many_rooms import copy_row
from bench.scene import make_consultant, make_person, token_of
from core.models import Stream
from messaging.actions.contacts import open_direct
from messaging.actions.messages import send_message
from messaging.models import (
    Conversation,
    ConversationMember,
    ConversationUserObjectPermission,
    Message,
    ReadMark,
)

EVERY_THIRD = "mod(n, 3) = 0"
ARCHIVED, PINNED, MUTED = "mod(n, 17) = 0", "mod(n, 1000) = 1", "mod(n, 13) = 0"
"""Which of somebody's conversations are so."""


@dataclass(frozen=True)
class Template:
    """A direct conversation of a consultant who wrote in it, and somebody without any."""

    host: User
    other: User
    conversation: Conversation
    message: Message


def make_template() -> Template:
    """By the product's own actions."""
    host, other = make_consultant("Mara"), make_person("Guest")
    conversation = open_direct(actor=make_consultant("Nils"), other=host)
    message = send_message(actor=host, conversation=conversation, body="Hello, how do we go on?")
    return Template(host, other, conversation, message)


def make_people(template: Template, kind: str, number: int) -> None:
    """So many more people, ``md5(kind || n)`` by id."""
    with connection.cursor() as cursor:
        copy_row(cursor, User, template.other.pk, number, {
            "id": f"md5('{kind}' || n)::uuid",
            "email": f"'{kind}-' || n || '@demo.test'",
            "name": f"'{kind.capitalize()} ' || n",
        })  # fmt: skip


def make_tokens(template: Template, people: list[User]) -> list[str]:
    """An API token of each, as `token_of` makes them."""
    known = ApiToken.objects.get(digest=hash_token(token_of(template.host)))
    secrets = [f"{person.pk.hex}{person.pk.hex}" for person in people]
    ApiToken.objects.bulk_create(
        ApiToken(
            user=person,
            digest=hash_token(secret),
            token_key=secret[: len(known.token_key)],
            expiry=known.expiry,
            name=known.name,
            scope=known.scope,
        )
        for person, secret in zip(people, secrets, strict=True)
    )
    return secrets


def make_talks(
    template: Template,
    kind: str,
    number: int,
    *,
    one: str,
    other: str,
    messages: int,
    unread: str = "false",
) -> None:
    """Conversations ``md5(kind || n)`` of two people, SQL expressions of n, with so many messages
    of both in turn. ``one`` keeps them in many ways; half of those that are ``unread`` is new."""
    talk = f"md5('{kind}' || n)::uuid"
    held = ConversationMember.objects.filter(conversation=template.conversation)
    place = held.get(user=template.host).pk
    at = "now() - mod(n * 7919, 50000) * interval '1 minute'"
    with connection.cursor() as cursor:
        copy_row(cursor, Conversation, template.conversation.pk, number, {
            "id": talk,
            "pair": f"least({one}, {other}) || ':' || greatest({one}, {other})",
            "priority": "10 * (1 + mod(n, 4))",
            "last_message_seq": str(messages),
            "last_message_at": at,
        })  # fmt: skip
        stream = Stream.objects.get(kind="conversation", object_id=template.conversation.pk)
        copy_row(
            cursor, Stream, stream.pk, number,
            {"id": "", "object_id": talk, "head": str(messages)},
        )  # fmt: skip
        fresh = {"id": "", "conversation_id": talk, "cleared_seq": "0", "delivered_seq": "0"}
        copy_row(cursor, ConversationMember, place, number, fresh | {
            "user_id": one,
            "read_seq": f"CASE WHEN {unread} THEN {messages} / 2 ELSE {messages} END",
            "archived_seq": f"CASE WHEN {ARCHIVED} THEN {messages} END",
            "pinned_at": f"CASE WHEN {PINNED} THEN now() END",
            "muted_until": f"CASE WHEN {MUTED} THEN now() + interval '1 day' END",
        })  # fmt: skip
        copy_row(
            cursor, ConversationMember, place, number,
            fresh | {"user_id": other, "read_seq": str(messages)},
        )  # fmt: skip
        for grant in ConversationUserObjectPermission.objects.filter(
            user=template.host, content_object=template.conversation
        ):
            for person in (one, other):
                copy_row(
                    cursor, ConversationUserObjectPermission, grant.pk, number,
                    {"id": "", "content_object_id": talk, "user_id": person},
                )  # fmt: skip
        if messages:
            _write(template, kind, number, messages, (one, other))


def _write(
    template: Template, kind: str, number: int, messages: int, people: tuple[str, str]
) -> None:
    """Copies of the template's message, numbered from 1 in each conversation."""
    one, other = people
    columns = [str(field.column) for field in Message._meta.concrete_fields]
    changes = {
        "id": f"md5('{kind}' || n || ':' || m)::uuid",
        "conversation_id": f"md5('{kind}' || n)::uuid",
        "seq": "m",
        "author_id": f"CASE WHEN mod(m, 2) = 0 THEN {one} ELSE {other} END",
        "client_id": f"md5('client' || '{kind}' || n || ':' || m)::uuid",
        "created_at": f"now() - ({messages} - m) * interval '1 minute'",
    }
    names = ", ".join(f'"{column}"' for column in columns)
    values = ", ".join(changes.get(column, f't."{column}"') for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO messaging_message ({names}) SELECT {values} FROM messaging_message t, "
            f"generate_series(1, %s) n, generate_series(1, %s) m WHERE t.id = %s",
            [number, messages, template.message.pk],
        )


def make_read_marks(talk: UUID, person: UUID, number: int) -> None:
    """The person saw every twentieth message of the conversation at another time."""
    first = ReadMark.objects.create(
        conversation_id=talk, user_id=person, seq=1, at="2026-01-01T00:00:00Z"
    )
    with connection.cursor() as cursor:
        copy_row(cursor, ReadMark, first.pk, number // 20, {
            "id": "", "seq": "n * 20", "at": 't."at" + n * interval \'1 minute\'',
        })  # fmt: skip


def settle() -> None:
    """What the database does by itself after a while."""
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def sql_uuid(kind: str, index: str = "n") -> str:
    """The id of number ``index`` of a kind, as SQL."""
    return f"md5('{kind}' || {index})::uuid"
