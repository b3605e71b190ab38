"""Searching a million messages: how long the database takes, for frequent words and rare ones."""

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection

from accounts.models import User
from bench.figures import percentile
from bench.lists import database_ms, statements
from bench.many_messages import Many, make_many_messages
from bench.process import cpu_seconds_of
from bench.result import Goal, Result, Row
from messaging.models import Conversation
from messaging.queries.search.candidates import ENOUGH, IS_LITTLE
from messaging.queries.search.places import places_of
from messaging.queries.search.results import search

QUERIES, MS = 8, 100.0
WORDS_INDEX = "messaging_message_words"
MESSAGES = "messaging_message"


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    messages: int = 1_000_000
    explains: int = 20


def texts(words: list[str]) -> dict[str, str]:
    """What is looked for: words by their place among the most used ones, and what narrows them."""
    by_rank = {rank: words[rank - 1] for rank in (1, 10, 100, 1_000, 10_000)}
    return {
        **{f"word of rank {rank}": f'"{word}"' for rank, word in by_rank.items()},
        "beginning of two letters": by_rank[100][:2],
        "two frequent words": f"{by_rank[1]} {by_rank[10]}",
        "frequent and rare": f"{by_rank[1]} {by_rank[1_000]}",
        "phrase": f'"{by_rank[1]} {by_rank[10]}"',
        "from somebody": f'from:"person 12" {by_rank[10]}',
        "with a link": "has:link",
        "in one conversation": f'in:"talk 1700" {by_rank[1]}',
        "of half a year ago": f"before:{half_way()} {by_rank[10]}",
        "not a word": "zzzz",
    }


def half_way() -> str:
    """The day in the middle of what was said."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT (min(created_at) + (max(created_at) - min(created_at)) / 2)::date::text "
            f"FROM {MESSAGES}"
        )
        (day,) = cursor.fetchone()
        return str(day)


def plans(asked: list[str]) -> Iterator[dict[str, Any]]:
    """Every step that PostgreSQL takes for these statements."""

    def steps(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield plan
        for below in plan.get("Plans", []):
            yield from steps(below)

    with connection.cursor() as cursor:
        for text in asked:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {text}")
            (found,) = cursor.fetchone()
            (top,) = json.loads(found) if isinstance(found, str) else found
            yield from steps(top["Plan"])


def backend() -> int:
    """The process that answers this connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def row(name: str, words: str, user: User, text: str, times: int) -> Row:
    """One search of one person."""
    began = time.perf_counter()
    found = search(user, text)
    whole_ms = (time.perf_counter() - began) * 1e3
    asked = statements(lambda: search(user, text))
    steps = list(plans(asked))
    cpu = cpu_seconds_of(backend())
    ms = database_ms(asked, times)
    cpu_ms = (cpu_seconds_of(backend()) - cpu) / times * 1e3
    return {
        "case": f"{words}, {name}",
        "found": found.total,
        "reads_much": places_of(user).messages > IS_LITTLE,
        "queries": len(asked),
        "index_of_words": any(step.get("Index Name") == WORDS_INDEX for step in steps),
        "reads_everything": any(
            step["Node Type"] == "Seq Scan" and step.get("Relation Name") == MESSAGES
            for step in steps
        ),
        "database_p50_ms": percentile(ms, 0.5),
        "database_p95_ms": percentile(ms, 0.95),
        # Beside waiting for a core, which a busy machine adds to the times.
        "database_cpu_ms": cpu_ms,
        "first_time_ms": whole_ms,
    }


def goals(rows: list[Row]) -> list[Goal]:
    """The worst decides. The index of words is for what is rare to who reads much."""
    rare = [row for row in rows if row["reads_much"] and int(row["found"]) < ENOUGH]
    rare = [row for row in rare if "in one conversation" not in str(row["case"])]
    return [
        Goal(
            "database p95 of a search, ms, the slowest",
            max(float(row["database_p95_ms"]) for row in rows),
            MS,
        ),
        Goal("queries of a search, the most", max(float(row["queries"]) for row in rows), QUERIES),
        Goal(
            "searches that read the whole table",
            float(sum(bool(row["reads_everything"]) for row in rows)),
            0,
        ),
        Goal(
            "rare to who reads much, and yet not by the index of words: searches",
            float(sum(not row["index_of_words"] for row in rare)),
            0,
        ),
    ]


def people(many: Many) -> dict[str, User]:
    """By how many conversations they are in."""
    named = {}
    for name, user in many.people.items():
        number = Conversation.objects.visible_to(user).count()
        named[f"{name} with {number} conversations"] = user
    return named


def run() -> Result:
    """As four people who are in ever more conversations."""
    quick = Plan(messages=20_000, explains=3)
    plan = quick if "QUICK" in os.environ else Plan()
    many = make_many_messages(plan.messages)
    size: Row = {
        "case": "size", "messages": many.messages, "conversations": many.conversations,
    }  # fmt: skip
    rows = [
        row(name, words, user, text, plan.explains)
        for name, user in people(many).items()
        for words, text in texts(many.words).items()
    ]
    return Result("search", [size, *rows], goals(rows))
