"""What was found, ranked, with everything that a page or the API shows of it."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from messaging.models import Conversation, ConversationMember, Message
from messaging.models.carried import CarriedFile
from messaging.queries.search.candidates import Candidate, Found, candidates
from messaging.queries.search.language import Query, read
from messaging.queries.search.places import Place, Places, authors_called, called, places_of
from messaging.queries.search.texts import texts_around
from messaging.queries.search.words import Piece, excerpt

PAGE_SIZE = 25
MAX_CONVERSATIONS = 5
MAX_NAMES = 4
UNTITLED = "Conversation"

HALF_AFTER_DAYS = 30
"""A message counts half as much after each of these, but never less than a quarter."""


@dataclass(frozen=True)
class Hit:
    """One thing found: a message, a file of one, or a conversation by its title or people. Of a
    file ``pieces`` are from what is in it, or from what was said with it."""

    kind: str
    id: UUID
    conversation: Conversation
    place: str
    """What the conversation is called."""
    at: datetime
    pieces: list[Piece]
    message: Message | None = None
    file: CarriedFile | None = None
    name: list[Piece] = field(default_factory=list)
    """Of a file: what it is called."""


@dataclass(frozen=True)
class Results:
    """One page of what was found. ``total`` counts what is ranked; of what is cut off there may be
    older ones."""

    query: Query
    hits: list[Hit] = field(default_factory=list)
    total: int = 0
    page: int = 1
    size: int = PAGE_SIZE
    is_cut_off: bool = False

    @property
    def order(self) -> str:
        """In words. Without words to look for nothing is better than anything else."""
        return "the best first" if self.query.terms else "the newest first"

    @property
    def has_next(self) -> bool:
        """Whether there is another page."""
        return self.page * self.size < self.total


def search(user: User, text: str, *, page: int = 1, size: int = PAGE_SIZE) -> Results:
    """A page of what the person may see and what answers to the text, the best first.

    At most eight queries, nine where files are found. Conversations that are called so stand before
    messages and files.
    """
    query = read(text)
    if query.is_empty:
        return Results(query, page=page, size=size)
    where = places_of(user)
    named = [] if query.has_filters else _named(user, where, query)
    found = _candidates(user, where, query)
    keys: list[Place | Candidate] = [*named, *_ranked(query, found.candidates)]
    hits = _hits(user, query, keys[(page - 1) * size : page * size])
    return Results(query, hits, len(keys), page, size, found.is_cut_off)


def _named(user: User, where: Places, query: Query) -> list[Place]:
    typed = [term.typed.strip() for term in query.terms]
    return called(user, where, typed).places[:MAX_CONVERSATIONS]


def _candidates(user: User, where: Places, query: Query) -> Found:
    if query.titles:
        where = _in(user, where, query)
    authors = _authors(user, query)
    if not where.places or authors == []:
        return Found([])
    return candidates(query, where, authors)


def _in(user: User, where: Places, query: Query) -> Places:
    """The conversations that one of the titles names."""
    found: dict[UUID, Place] = {}
    for title in query.titles:
        there = called(user, where, [title]).places
        if not there:
            query.note(f"No conversation of yours is called “{title}”.")
        found |= {place.id: place for place in there}
    return Places([*found.values()])


def _authors(user: User, query: Query) -> list[UUID] | None:
    """To whom it is narrowed; None for anybody, nobody where no name is known."""
    if not query.authors and not query.is_from_me:
        return None
    found = [user.pk] if query.is_from_me else []
    for name in query.authors:
        called = authors_called(user, name)
        if not called:
            query.note(f"Nobody called “{name}” is in a conversation of yours.")
        found += called
    return found


def _ranked(query: Query, found: list[Candidate]) -> list[Candidate]:
    """Best first; without words, newest first as they came."""
    if not query.terms:
        return found
    now = timezone.now()

    def score(candidate: Candidate) -> float:
        days = max(0.0, (now - candidate.created_at).total_seconds() / 86_400)
        return candidate.rank * max(0.25, math.pow(0.5, days / HALF_AFTER_DAYS))

    return sorted(found, key=score, reverse=True)


def _hits(user: User, query: Query, shown: Sequence[Place | Candidate]) -> list[Hit]:
    """With what is shown of them. What was taken from the person, deleted or written anew
    meanwhile is as it is now."""
    matching = [one for one in shown if isinstance(one, Candidate)]
    messages = _messages([one.id for one in matching])
    texts = texts_around([one.file for one in matching if one.file], query.terms)
    ids = {one.id for one in shown if isinstance(one, Place)}
    ids |= {message.conversation_id for message in messages.values()}
    there = Conversation.objects.visible_to(user).in_bulk(ids) if ids else {}
    names = _names(user, there.values())
    hits: list[Hit] = []
    for one in shown:
        if isinstance(one, Place):
            if one.id in there:
                pieces = excerpt(names[one.id], query.terms)
                place = there[one.id]
                hits.append(Hit("conversation", one.id, place, names[one.id], one.at, pieces))
        elif (message := messages.get(one.id)) and message.conversation_id in there:
            place = there[message.conversation_id]
            pieces = _excerpt(message, query)
            at = message.created_at
            hit = Hit("message", one.id, place, names[place.pk], at, pieces, message)
            hits += _as_file(hit, message, one.file, query, texts) if one.file else [hit]
    return hits


def _excerpt(message: Message, query: Query) -> list[Piece]:
    """As it is read; what was found may be in what is not, the address of a link."""
    pieces = excerpt(message.gist, query.terms)
    if query.terms and not any(piece.is_match for piece in pieces):
        return excerpt(message.body, query.terms)
    return pieces


def _as_file(
    hit: Hit, message: Message, file_id: UUID, query: Query, texts: dict[UUID, str]
) -> list[Hit]:
    """The hit as one of a file of its message; nothing where the file went meanwhile."""
    file = next((each for each in message.shown_files if each.id == str(file_id)), None)
    if file is None or file_id not in texts:
        return []
    pieces = excerpt(texts[file_id], query.terms)
    if not any(piece.is_match for piece in pieces):
        pieces = _excerpt(message, query)
    name = excerpt(file.name, query.terms)
    return [replace(hit, kind="file", id=file_id, pieces=pieces, file=file, name=name)]


def _messages(ids: list[UUID]) -> dict[UUID, Message]:
    """With their authors. Who may read them is asked of their conversations: joined into one query,
    the planner would begin with all that the person may see."""
    rows = Message.objects.filter(pk__in=ids, deleted_at__isnull=True).select_related("author")
    return {message.pk: message for message in rows} if ids else {}


def _names(user: User, conversations: Iterable[Conversation]) -> dict[UUID, str]:
    """What each is called: its title, or who else is in it."""
    titles = {conversation.pk: conversation.title for conversation in conversations}
    untitled = [pk for pk, title in titles.items() if not title]
    people: dict[UUID, list[str]] = {pk: [] for pk in untitled}
    if untitled:
        others = ConversationMember.objects.filter(
            conversation__in=untitled, removed_at__isnull=True
        ).exclude(user=user)
        rows = others.order_by("added_at", "pk").values_list("conversation", "user__name")
        for pk, name in rows[: len(untitled) * MAX_NAMES]:
            people[pk].append(name)
    return {
        pk: title or ", ".join(people[pk][:MAX_NAMES]) or UNTITLED for pk, title in titles.items()
    }
