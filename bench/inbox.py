"""The inbox of somebody with 5,000 conversations, and opening one of 100,000 messages."""

import os
from dataclasses import dataclass

import uvloop
from django.conf import settings
from django.db import connection
from django.test import Client

from accounts.models import User
from bench.figures import percentile, ratio
from bench.lists import WARM_UP, database_ms, page_ms, statements
from bench.many_rooms import copy_row
from bench.many_talks import (
    EVERY_THIRD,
    Template,
    make_people,
    make_read_marks,
    make_talks,
    make_template,
    settle,
    sql_uuid,
)
from bench.result import Goal, Result, Row
from bench.scene import make_consultant
from bench.servers import OURS, make_server
from bench.ways import session_headers_of
from messaging.actions.reactions import add_reaction
from messaging.models import Conversation, Message, Reaction

QUERIES = 10
PAGE_MS, DATABASE_MS = 150.0, 50.0
TIMES_A_SHORT_ONE = 1.5
SHORT = 100
MESSAGES_OF_EACH = 10
FEW = 10

LISTS = {
    "inbox": "/inbox/",
    "inbox, unread only": "/inbox/?show=unread",
    "inbox, unread first": "/inbox/?sort=unread",
    "inbox, most urgent first": "/inbox/?sort=priority",
    "number for the rail": "/inbox/count/",
    "conversations in the API": "/api/conversations/",
}


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    talks: int = 5_000
    messages: int = 100_000
    explains: int = 20
    requests: int = 40


@dataclass(frozen=True)
class Case:
    """One address, asked for by one person."""

    words: str
    kind: str
    user: User
    path: str


def cases(plan: Plan) -> list[Case]:
    """Make everything, and say what is looked at."""
    template = make_template()
    make_people(template, "other", plan.talks)
    few, many, idle = (User.objects.get(pk=make_consultant(n).pk) for n in ("Ada", "Mia", "Ida"))
    for kind, user, number in (("few", few, FEW), ("many", many, plan.talks)):
        _talks(template, kind, user, number, unread=EVERY_THIRD)
    _talks(template, "idle", idle, plan.talks, unread="false")
    people = {
        f"{FEW} conversations": few,
        f"{plan.talks:,} conversations": many,
        f"{plan.talks:,} conversations, all read": idle,
    }
    found = [
        Case(f"{words}, {name}", words, user, path)
        for words, path in LISTS.items()
        for name, user in people.items()
    ]
    for number, messages in enumerate((SHORT, plan.messages), start=FEW + 1):
        other = sql_uuid("other", str(number))
        talk, middle = _long_talk(template, f"of{messages}-", few, other, messages)
        for kind, path in (
            ("opened at its newest", f"/inbox/{talk.pk}/"),
            ("opened in its middle", f"/inbox/{talk.pk}/?message={middle.pk}"),
        ):
            found.append(Case(f"{kind}, {messages:,} messages", kind, few, path))
    settle()
    return found


def _talks(template: Template, kind: str, user: User, number: int, *, unread: str) -> None:
    make_talks(
        template, kind, number, one=f"'{user.pk}'::uuid", other=sql_uuid("other"),
        messages=MESSAGES_OF_EACH, unread=unread,
    )  # fmt: skip


def _long_talk(
    template: Template, kind: str, user: User, other: str, messages: int
) -> tuple[Conversation, Message]:
    """A conversation of so many messages, a fifth of which was answered with an emoji, and the
    message in its middle."""
    make_talks(template, kind, 1, one=f"'{user.pk}'::uuid", other=other, messages=messages)
    (talk,) = Conversation.objects.visible_to(user).filter(last_message_seq=messages)
    make_read_marks(talk.pk, talk.members.exclude(user=user).get().user_id, messages)
    first = Message.objects.get(conversation=talk, seq=1)
    add_reaction(actor=user, message=first, emoji="👍")
    with connection.cursor() as cursor:
        copy_row(cursor, Reaction, Reaction.objects.get(message=first).pk, messages // 5, {
            "id": "", "message_id": f"md5('{kind}1:' || n * 5)::uuid",
        })  # fmt: skip
    return talk, Message.objects.get(conversation=talk, seq=messages // 2)


def asked_by(case: Case) -> list[str]:
    """The SQL of one answer, when what is looked up once only is known."""
    client = Client()
    client.force_login(case.user, backend=settings.AUTHENTICATION_BACKENDS[0])

    def ask() -> None:
        if (answer := client.get(case.path)).status_code != 200:
            raise RuntimeError(f"{case.path} answered {answer.status_code}")

    ask()
    return statements(ask)


def rows_of(found: list[Case], plan: Plan) -> list[Row]:
    """Each case: what it asks, how long the database takes for that, and the server for all."""
    rows: list[Row] = []
    with make_server(OURS, {}) as server:
        for case in found:
            asked = asked_by(case)
            database = database_ms(asked, plan.explains)
            headers = session_headers_of(case.user)
            cpu = server.cpu_seconds()
            times = uvloop.run(page_ms(server, headers, [case.path], plan.requests))
            cpu = server.cpu_seconds() - cpu
            rows.append(
                {
                    "case": case.words,
                    "kind": case.kind,
                    "queries": len(asked),
                    "database_p50_ms": percentile(database, 0.5),
                    "database_p95_ms": percentile(database, 0.95),
                    "server_p50_ms": percentile(times, 0.5),
                    "server_p95_ms": percentile(times, 0.95),
                    # Beside waiting for the core and the database, which a busy machine adds.
                    "server_cpu_ms": cpu / (plan.requests + WARM_UP) * 1e3,
                }
            )
    return rows


def goals(rows: list[Row]) -> list[Goal]:
    """The worst decides; of a long conversation, how it compares with a short one."""
    by_kind: dict[str, list[Row]] = {}
    for row in rows:
        by_kind.setdefault(str(row["kind"]), []).append(row)
    numbers = {kind: [int(row["queries"]) for row in found] for kind, found in by_kind.items()}
    opened = [found for kind, found in by_kind.items() if kind not in LISTS]
    return [
        Goal("queries, the most", float(max(map(max, numbers.values()))), QUERIES),
        Goal(
            "pages that ask more often the more there is",
            float(sum(max(number) > number[0] for number in numbers.values())),
            0,
        ),
        Goal(
            "database p95, ms, the slowest",
            max(float(row["database_p95_ms"]) for row in rows),
            DATABASE_MS,
        ),
        Goal(
            "server p95, ms, the slowest",
            max(float(row["server_p95_ms"]) for row in rows),
            PAGE_MS,
        ),
        *(
            Goal(
                f"a long conversation {long['kind']} / a short one, p50 on the server",
                ratio(float(long["server_p50_ms"]), float(short["server_p50_ms"])),
                TIMES_A_SHORT_ONE,
            )
            for short, long in opened
        ),
    ]


def run() -> Result:
    """As people with few and with many conversations."""
    quick = Plan(talks=200, messages=1_000, explains=3, requests=5)
    plan = quick if "QUICK" in os.environ else Plan()
    rows = rows_of(cases(plan), plan)
    return Result("inbox", rows, goals(rows))
