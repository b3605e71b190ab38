"""Messages and files that match, the newest few hundred of them: what the database is asked.

Three ways. `_OWN` looks through all that the person may read: best where that is little. `_RECENT`
looks through the newest messages of all, newest first, until enough of them match: quick for words
that are used often. `_WHOLE` asks the index of words, and combines it with that of conversations:
quick where few match. The planner cannot be left to choose: it does not know how a person's
messages lie in time, and thinks too well of beginnings that thousands of words share.

Files, of which there are far fewer, are asked for in the same statement, by the index of their
names and words. Where and whose they are, and when they came, their messages say.
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

MOST_FILES = 50
"""Of each of which all the words are looked at, for its rank."""

LONG_BEGINNING = 4
"""Shorter ones begin so many words that the index gathers them for longer than it takes to look at
the messages that the other words find."""

_OWN = """
    SELECT id, created_at, {rank}, NULL::uuid FROM (
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
    SELECT id, created_at, {rank}, NULL::uuid FROM (
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
    SELECT id, created_at, {rank}, NULL::uuid FROM (
        SELECT id, created_at, words
        FROM messaging_message
        WHERE words IS NOT NULL {times} AND {indexed}
            AND conversation_id = ANY(%(places)s) AND {conditions}
        ORDER BY created_at + interval '0' DESC LIMIT %(most)s
    ) found
"""

_FILES = """
    SELECT id, created_at, ts_rank_cd(words, {terms}, 1), file_id FROM (
        SELECT said.id, said.created_at, found.words, found.file_id
        FROM files_filetext found
        JOIN messaging_attachment attached ON attached.file_id = found.file_id
        JOIN messaging_message said ON said.id = attached.message_id
        WHERE found.words @@ {terms} AND found.place_id = ANY(%(places)s)
            AND said.deleted_at IS NULL {times} AND {conditions}
        ORDER BY said.created_at DESC LIMIT %(most_files)s
    ) files
"""

# Words that no text has: words are in small letters.
_LINK = "'''HAS LINK'''::tsquery"
_FILE = "'''HAS FILE'''::tsquery"
_TERMS = "to_tsquery('pg_catalog.simple', %(terms)s)"
_FEW = "to_tsquery('pg_catalog.simple', %(few)s)"


@dataclass(frozen=True)
class Candidate:
    """A message that matches, or of one that has a ``file`` that file. ``rank`` is PostgreSQL's for
    the words, 0 without any."""

    id: UUID
    created_at: datetime
    rank: float
    file: UUID | None = None


@dataclass(frozen=True)
class Found:
    """The newest messages that match, newest first, then files; and whether there may be older
    ones of either."""

    candidates: list[Candidate]
    is_cut_off: bool = False


def candidates(query: Query, places: Places, authors: Sequence[UUID] | None) -> Found:
    """At most `MOST` messages and `MOST_FILES`, the newest that match. One or two queries.

    ``authors`` are those to whom it is narrowed, None for anybody.
    """
    statement = _Statement(query, places, authors)
    if places.messages > IS_LITTLE:
        found, files = statement.ask(_RECENT, with_files=True)
        if len(found) >= ENOUGH:
            return Found([*found, *files], is_cut_off=True)
        found, _ = statement.ask(_WHOLE)
    else:
        found, files = statement.ask(_OWN, with_files=True)
    is_cut_off = len(found) == MOST or len(files) == MOST_FILES
    return Found([*found, *files], is_cut_off)


class _Statement:
    """The conditions of a search, as SQL."""

    def __init__(self, query: Query, places: Places, authors: Sequence[UUID] | None) -> None:
        self.values: dict[str, Any] = {
            "recent": RECENT,
            "most": MOST,
            "most_files": MOST_FILES,
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
        marks = [*([_LINK] if query.has_link else []), *([_FILE] if query.has_file else [])]
        by_author = ["author_id = ANY(%(authors)s)"] if authors is not None else []
        not_cleared = [_NOT_CLEARED] if places.cleared else []
        # The cheapest first: they are asked in this order.
        conditions = [
            *by_author,
            *([f"ts_match_vq(words, {_TERMS})"] if query.terms else []),
            *[f"ts_match_vq(words, {mark})" for mark in marks],
            *not_cleared,
        ]
        indexed = [
            *([f"words @@ {_FEW}"] if few else []),
            *[f"words @@ {mark}" for mark in marks],
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
        self.files = ""
        if query.terms and not query.has_link:  # links in files are nobody's to look for
            self.files = _FILES.format(
                terms=_TERMS,
                times=" ".join(times),
                conditions=" AND ".join([*by_author, *not_cleared]) or "TRUE",
            )

    def ask(
        self, template: str, *, with_files: bool = False
    ) -> tuple[list[Candidate], list[Candidate]]:
        """Fill it in and ask it: messages and files."""
        statement = template.format(**self.fragments)
        if with_files and self.files:
            # The order within the brackets is nobody's promise outside them.
            statement = f"({statement}) UNION ALL ({self.files}) ORDER BY 2 DESC"
        with connection.cursor() as cursor:
            cursor.execute(statement, self.values)
            found = [Candidate(*row) for row in cursor.fetchall()]
        messages = [one for one in found if one.file is None]
        return messages, [one for one in found if one.file is not None]


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
