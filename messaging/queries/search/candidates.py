"""Messages that match, the newest few hundred of them: what the database is asked.

Three ways. `_OWN` looks through all that the person may read: best where that is little. `_RECENT`
looks through the newest messages of all, newest first, until enough of them match: quick for words
that are used often. `_WHOLE` asks the index of words, and combines it with that of conversations:
quick where few match. The planner cannot be left to choose: it does not know how a person's
messages lie in time, and thinks too well of beginnings that thousands of words share.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from messaging.queries.search.language import Query
from messaging.queries.search.places import Places
from messaging.queries.search.words import Term

MOST = 200
"""The newest that match are ranked and shown; there may be more."""

ENOUGH = 100
"""With so many among the recent ones nobody waits for older ones."""

RECENT = 50_000
"""So many are looked through for words that are used often."""

IS_LITTLE = 10_000
"""Who may read at most so many messages has all of them looked through."""

LONG_BEGINNING = 4
"""Shorter ones begin so many words that the index gathers them for longer than it takes to look at
the messages that the other words find."""

_OWN = """
    SELECT id, created_at, {rank} FROM (
        SELECT * FROM (
            SELECT id, conversation_id, seq, author_id, created_at, words
            FROM messaging_message
            WHERE conversation_id = ANY(%(places)s) {times}
            OFFSET 0
        ) own
        WHERE words IS NOT NULL AND {conditions}
        ORDER BY created_at DESC LIMIT %(most)s
    ) found
"""

_RECENT = """
    SELECT id, created_at, {rank} FROM (
        SELECT * FROM (
            SELECT id, conversation_id, seq, author_id, created_at, words
            FROM messaging_message
            WHERE words IS NOT NULL {times}
            ORDER BY created_at DESC LIMIT %(recent)s
        ) recent
        WHERE conversation_id = ANY(%(places)s) AND {conditions}
        ORDER BY created_at DESC LIMIT %(most)s
    ) found
"""

# The sum keeps the planner from walking through the index of times, for ever where nothing matches.
_WHOLE = """
    SELECT id, created_at, {rank} FROM (
        SELECT id, created_at, words
        FROM messaging_message
        WHERE words IS NOT NULL {times} AND {indexed}
            AND conversation_id = ANY(%(places)s) AND {conditions}
        ORDER BY created_at + interval '0' DESC LIMIT %(most)s
    ) found
"""

# A word that no text has: words are in small letters.
_LINK = "'''HAS LINK'''::tsquery"
_TERMS = "to_tsquery('pg_catalog.simple', %(terms)s)"
_FEW = "to_tsquery('pg_catalog.simple', %(few)s)"


@dataclass(frozen=True)
class Candidate:
    """A message that matches. ``rank`` is PostgreSQL's for the words, 0 without any."""

    id: UUID
    created_at: datetime
    rank: float


@dataclass(frozen=True)
class Found:
    """The newest that match, newest first, and whether there may be older ones."""

    candidates: list[Candidate]
    is_cut_off: bool = False


def candidates(query: Query, places: Places, authors: Sequence[UUID] | None) -> Found:
    """At most `MOST`, the newest that match. One or two queries.

    ``authors`` are those to whom it is narrowed, None for anybody.
    """
    statement = _Statement(query, places, authors)
    if places.messages > IS_LITTLE:
        found = statement.ask(_RECENT)
        if len(found) >= ENOUGH:
            return Found(found, is_cut_off=True)
        found = statement.ask(_WHOLE)
    else:
        found = statement.ask(_OWN)
    return Found(found, is_cut_off=len(found) == MOST)


class _Statement:
    """The conditions of a search, as SQL."""

    def __init__(self, query: Query, places: Places, authors: Sequence[UUID] | None) -> None:
        self.values: dict[str, Any] = {
            "recent": RECENT,
            "most": MOST,
            "places": places.ids,
            "terms": _together(query.terms),
            "authors": list(authors or ()),
            "cleared": list(places.cleared),
            "cleared_seqs": list(places.cleared.values()),
            "since": query.since,
            "until": query.until,
        }
        few = [term for term in query.terms if not _is_short(term)] or query.terms
        self.values["few"] = _together(few)
        # The cheapest first: they are asked in this order.
        conditions = [
            *(["author_id = ANY(%(authors)s)"] if authors is not None else []),
            *([f"ts_match_vq(words, {_TERMS})"] if query.terms else []),
            *([f"ts_match_vq(words, {_LINK})"] if query.has_link else []),
            *([_NOT_CLEARED] if places.cleared else []),
        ]
        indexed = [
            *([f"words @@ {_FEW}"] if few else []),
            *([f"words @@ {_LINK}"] if query.has_link else []),
        ]
        times = [
            *(["AND created_at >= %(since)s"] if query.since else []),
            *(["AND created_at < %(until)s"] if query.until else []),
        ]
        self.fragments = {
            # 1: a word of a long message counts less.
            "rank": f"ts_rank_cd(words, {_TERMS}, 1)" if query.terms else "0",
            "conditions": " AND ".join(conditions) or "TRUE",
            "indexed": " AND ".join(indexed) or "TRUE",
            "times": " ".join(times),
        }

    def ask(self, template: str) -> list[Candidate]:
        """Fill it in and ask it."""
        with connection.cursor() as cursor:
            cursor.execute(template.format(**self.fragments), self.values)
            return [Candidate(*row) for row in cursor.fetchall()]


_NOT_CLEARED = """
    NOT EXISTS (
        SELECT FROM unnest(%(cleared)s::uuid[], %(cleared_seqs)s::bigint[]) cleared(place, up_to)
        WHERE cleared.place = conversation_id AND seq <= cleared.up_to
    )
"""


def _is_short(term: Term) -> bool:
    return term.is_prefix and len(term.words[-1]) < LONG_BEGINNING


def _together(terms: Sequence[Term]) -> str:
    return " & ".join(map(as_tsquery, terms))


def as_tsquery(term: Term) -> str:
    """A term as `to_tsquery` reads it. Words have no quotation marks: those separate."""
    *others, last = (f"'{word}'" for word in term.words)
    return " <-> ".join([*others, last + ":*" * term.is_prefix])
