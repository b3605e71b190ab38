"""What can be typed into the search field.

    words           all of them, each by its beginning: `consul` finds `consultation`
    "some words"    one behind the other, exactly so
    from:name       by whom; from:me; more than one: any of them
    in:title        in which conversation, by its title or who is in it; more than one: any of them
    has:link        with a link; has:file
    before:2026-11-01, after:2026-11-01, on:2026-11-01

No input is an error: what is not understood is said in `Query.notes`, and the rest is looked for.
"""

import re
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from messaging.queries.search.words import Term, beginning, phrase

MAX_TEXT = 200
MAX_TERMS = 12
MAX_NAMES = 5
"""Of each of from: and in:."""

YEARS = range(1990, 2200)
"""Dates of other years overflow somewhere, in some zone."""

_TOKEN = re.compile(
    r"""
    (?P<operator>[^\W\d_]+):(?:"(?P<quoted>[^"]*)(?P<end_of_value>"?)|(?P<value>[^\s"]*))
    | "(?P<phrase>[^"]*)(?P<end_of_phrase>"?)
    | (?P<word>[^\s"]+)
    """,
    re.VERBOSE,
)
_QUOTES = str.maketrans("“”„‟«»", '""""""')


@dataclass
class Query:
    """What is looked for. ``notes`` are sentences about what was not understood."""

    terms: list[Term] = field(default_factory=list)
    authors: list[str] = field(default_factory=list)
    is_from_me: bool = False
    titles: list[str] = field(default_factory=list)
    has_link: bool = False
    has_file: bool = False
    since: datetime | None = None
    until: datetime | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def has_filters(self) -> bool:
        """Whether something beside words narrows it."""
        return bool(
            self.authors or self.is_from_me or self.titles or self.has_link or self.has_file
            or self.since or self.until
        )  # fmt: skip

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to look for."""
        return not self.terms and not self.has_filters

    def note(self, words: str) -> None:
        """Say it once."""
        if words not in self.notes:
            self.notes.append(words)


def read(text: str) -> Query:
    """Understand what was typed; dates are days of the present time zone. Never raises."""
    query = Query()
    if len(text) > MAX_TEXT:
        query.note(f"Only the first {MAX_TEXT} characters are looked at.")
    # What cannot be stored cannot be found: NUL and lone surrogates.
    plain = text[:MAX_TEXT].encode(errors="ignore").decode().replace("\0", " ")
    for token in _TOKEN.finditer(plain.translate(_QUOTES)):
        _read_token(query, token)
    if text.strip() and query.is_empty and not query.notes:
        query.note("There is no word in this to look for.")
    return query


def _read_token(query: Query, token: re.Match[str]) -> None:
    name = (token["operator"] or "").lower()
    if token["end_of_value"] == "" or token["end_of_phrase"] == "":
        query.note("A quotation mark is missing: all that follows it counts as one phrase.")
    if token["phrase"] is not None:
        _add(query, phrase(token["phrase"]))
    elif name in _OPERATORS:
        value = " ".join((token["quoted"] or token["value"] or "").split())
        if value:
            _OPERATORS[name](query, value)
        else:
            query.note(f"“{name}:” wants something behind it, without a space.")
    else:
        _read_word(query, token)


def _read_word(query: Query, token: re.Match[str]) -> None:
    word, name = token.group(), token["operator"]
    is_address = (token["value"] or "").startswith("//")
    if name and not is_address and (token["value"] or token["quoted"]):
        query.note(f"“{name}:” is no filter, so it is looked for as a word.")
    elif word.startswith("-") and word[1:2].isalpha():
        query.note(f"“{word}” is looked for: words cannot be left out.")
    _add(query, beginning(word))


def _add(query: Query, term: Term | None) -> None:
    if term is None:
        return
    used = sum(len(known.words) for known in query.terms)
    if used + len(term.words) > MAX_TERMS:
        query.note(f"Only the first {MAX_TERMS} words are looked for.")
    elif term not in query.terms:
        query.terms.append(term)


def _read_from(query: Query, value: str) -> None:
    if value.lower() == "me":
        query.is_from_me = True
    else:
        _name(query, query.authors, value)


def _read_in(query: Query, value: str) -> None:
    _name(query, query.titles, value)


def _name(query: Query, names: list[str], value: str) -> None:
    if len(names) < MAX_NAMES:
        names.append(value)
    else:
        query.note(f"Only the first {MAX_NAMES} names are looked for.")


def _read_has(query: Query, value: str) -> None:
    match value.lower().removesuffix("s"):
        case "link":
            query.has_link = True
        case "file":
            query.has_file = True
        case _:
            query.note(f"“has:{value}” is not known. There are has:link and has:file.")


def _read_before(query: Query, value: str) -> None:
    if day := _day(query, "before", value):
        _end(query, _midnight(day))


def _read_after(query: Query, value: str) -> None:
    if day := _day(query, "after", value):
        _begin(query, _midnight(day + timedelta(days=1)))


def _read_on(query: Query, value: str) -> None:
    if day := _day(query, "on", value):
        _begin(query, _midnight(day))
        _end(query, _midnight(day + timedelta(days=1)))


def _begin(query: Query, at: datetime) -> None:
    query.since = max(query.since or at, at)


def _end(query: Query, at: datetime) -> None:
    query.until = min(query.until or at, at)


def _day(query: Query, name: str, value: str) -> date | None:
    today = timezone.localdate()
    if value.lower() in ("today", "yesterday"):
        return today - timedelta(days=value.lower() == "yesterday")
    # Python reads more than people write: 20261101, 2026-W44-7.
    is_like_one = re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value)
    try:
        day = date.fromisoformat(value) if is_like_one else None
    except ValueError:
        day = None
    if day is None or day.year not in YEARS:
        query.note(f"“{name}:{value}” is no date. Write it like {name}:{today.isoformat()}.")
        return None
    return day


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, timezone.get_current_timezone())


_OPERATORS = {
    "from": _read_from,
    "in": _read_in,
    "has": _read_has,
    "before": _read_before,
    "after": _read_after,
    "on": _read_on,
}
