"""A million messages in the database, made with SQL from one that the product sent itself.

Their words are drawn as people use words: a few all the time, most hardly ever (Zipf). Some
conversations are long, most are short, and all go on at the same time. Needs `django.setup()`:
import it inside `run()` only.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from django.contrib.auth.models import Permission
from django.db import connection

from accounts.models import User
from bench.many_rooms import copy_row
from bench.scene import make_person, make_scene
from messaging.actions.messages import send_message
from messaging.models import (
    Conversation,
    ConversationMember,
    ConversationUserObjectPermission,
    Message,
)

VOCABULARY = 20_000
WORDS_MOST = 30
PEOPLE = 2_000
BATCH = 20_000
SECONDS_APART = 30

# Who takes part beside two of everybody: in every so many-th conversation.
EVERY = {"hardly anybody": 1_700, "a client": 170, "a consultant": 10, "the busiest": 4}

_CONVERSATION = "md5('conversation' || n)::uuid"
_PERSON = "md5('person' || 1 + mod(n + {offset}, {people}))::uuid"

_INSERT = """
    INSERT INTO messaging_message
        (id, conversation_id, seq, author_id, client_id, message_type, body, body_html, metadata,
         created_at)
    SELECT md5('message' || n)::uuid, md5('conversation' || said.conversation)::uuid,
           1 + row_number() OVER (PARTITION BY said.conversation ORDER BY n),
           CASE WHEN mod(n, 2) = 0
                THEN md5('person' || 1 + mod(said.conversation, %(people)s))::uuid
                ELSE md5('person' || 1 + mod(said.conversation + 1000, %(people)s))::uuid END,
           md5('client' || n)::uuid, t.message_type, said.body, '<p>' || said.body || '</p>',
           t.metadata, now() - (%(messages)s - n) * interval '%(apart)s seconds'
    FROM said, messaging_message t WHERE t.id = %(template)s ORDER BY n
"""

_NEWEST = """
    UPDATE messaging_conversation conversation
    SET last_message_seq = newest.seq, last_message_at = newest.at
    FROM (SELECT conversation_id, max(seq) seq, max(created_at) at
          FROM messaging_message GROUP BY conversation_id) newest
    WHERE newest.conversation_id = conversation.id
"""

_WORDS_INDEX = """
    CREATE INDEX messaging_message_words ON messaging_message USING gin (words)
    WITH (gin_pending_list_limit = 512)
"""


@dataclass(frozen=True)
class Many:
    """Whose searches are looked at, the words by how often they are used, and the size."""

    people: dict[str, User]
    words: list[str]
    messages: int
    conversations: int


def make_many_messages(messages: int) -> Many:
    """Make them, in a fiftieth as many conversations."""
    conversations = messages // 50
    scene = make_scene(1)
    template = send_message(actor=scene.host, conversation=scene.room.conversation, body="Hello")
    people = {name: make_person("Reader") for name in EVERY}
    words = vocabulary()
    with connection.cursor() as cursor:
        copy_row(cursor, User, scene.listeners[0].pk, PEOPLE, {
            "id": "md5('person' || n)::uuid",
            "email": "'person-' || n || '@demo.test'",
            "name": "'Person ' || n",
        })  # fmt: skip
        copy_row(
            cursor, Conversation, scene.room.conversation_id, conversations,
            {"id": _CONVERSATION, "title": "'Talk ' || n"},
        )  # fmt: skip
    host = ConversationMember.objects.get(conversation=scene.room.conversation, user=scene.host)
    for offset in (0, PEOPLE // 2):
        _take_part(host, _PERSON.format(offset=offset, people=PEOPLE), conversations, 1)
    for name, every in EVERY.items():
        _take_part(host, f"'{people[name].pk}'::uuid", conversations // every, every)
    _write(template, words, messages, conversations)
    found = {name: User.objects.get(pk=person.pk) for name, person in people.items()}
    return Many(found, words, messages, conversations)


def vocabulary() -> list[str]:
    """Made-up words, the most used first; never one twice."""
    drawn = random.Random(2)
    syllables = [a + b for a in "bdfgklmnprstv" for b in ("a", "e", "i", "o", "u", "au", "ei")]
    words: dict[str, None] = {}
    while len(words) < VOCABULARY:
        words["".join(drawn.choices(syllables, k=drawn.choice((1, 2, 2, 3, 3, 4))))] = None
    return list(words)


def bodies(words: list[str], number: int) -> Iterator[str]:
    """What is said: up to thirty words, the word of rank r in proportion to 1/r."""
    drawn = random.Random(3)
    weights = list(accumulate(1 / rank for rank in range(1, len(words) + 1)))
    for _ in range(number):
        length = min(WORDS_MOST, 1 + int(drawn.expovariate(1 / 12)))
        said = " ".join(drawn.choices(words, cum_weights=weights, k=length))
        yield f"{said}, https://example.test" if drawn.random() < 0.02 else said


def _take_part(place: ConversationMember, person: str, number: int, every: int) -> None:
    """A place in that many conversations, each so many-th one, with the right to read it."""
    held = ConversationUserObjectPermission.objects.filter(
        user=place.user, content_object=place.conversation,
        permission=Permission.objects.get(
            codename="read", content_type__app_label="messaging",
            content_type__model="conversation",
        ),
    ).get()  # fmt: skip
    which = f"md5('conversation' || n * {every})::uuid"
    with connection.cursor() as cursor:
        theirs = {"id": "", "user_id": person}
        copy_row(cursor, ConversationMember, place.pk, number, {**theirs, "conversation_id": which})
        copy_row(
            cursor, ConversationUserObjectPermission, held.pk, number,
            {**theirs, "content_object_id": which},
        )  # fmt: skip


def _write(template: Message, words: list[str], messages: int, conversations: int) -> None:
    drawn = random.Random(4)
    values: dict[str, Any] = {
        "people": PEOPLE,
        "messages": messages,
        "apart": SECONDS_APART,
        "template": template.pk,
    }
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX messaging_message_words")  # built at once, it takes a tenth
        cursor.execute("CREATE TEMPORARY TABLE said (n bigint, conversation bigint, body text)")
        with cursor.copy("COPY said FROM STDIN") as copy:
            for n, body in enumerate(bodies(words, messages), start=1):
                copy.write_row((n, 1 + int(conversations * drawn.random() ** 2), body))
        cursor.execute(_INSERT, values)
        cursor.execute("DROP TABLE said")
        cursor.execute("SET maintenance_work_mem = '256MB'")
        cursor.execute(_WORDS_INDEX)
        cursor.execute(_NEWEST)
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
