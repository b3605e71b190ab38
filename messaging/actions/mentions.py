"""People are named in messages, as part of sending, changing and deleting these."""

from collections.abc import Collection
from uuid import UUID

from accounts.models import User
from core.events import PERSON, StreamKey
from core.permissions import has_permission
from core.publish import lock_each, record_each
from messaging.events import PersonMentioned
from messaging.markdown import Names, render_markdown
from messaging.models import Mention, Message
from messaging.queries.mentions import mentioned_in, names_in, people_named


def render_body(*, actor: User, message: Message) -> Names | None:
    """Part of sending and changing a message: make its HTML, and find out whom it names.

    Whose names count is asked under the stream's lock, and only where there is an `@` at all:
    None where nobody can be named.
    """
    names = None
    if "@" in message.body:
        may_name_all = has_permission(actor, "messaging.moderate", message.conversation)
        names = names_in(message.body, message.conversation, may_name_all=may_name_all)
    message.body_html = render_markdown(message.body, names)
    return names


def tell_mentioned(
    *, actor: User, message: Message, people: Collection[UUID], tells_author: bool
) -> None:
    """Part of sending a message, with which its mentions were stored: tell whom it names.

    Records `PersonMentioned` on the stream of each. An action that ``tells_author`` something
    afterwards has the lock of their stream from here on: two who name each other would else each
    hold what the other waits for.
    """
    if not people:
        return
    if tells_author:
        lock_each(_streams({*people, message.author_id}))
    _record(actor, message, people)


def change_mentions(*, actor: User, message: Message, names: Names | None) -> None:
    """Part of changing a message: whom it names no more is forgotten, only who is new is told.

    Records `PersonMentioned` on the stream of each of these.
    """
    before = mentioned_in(message.pk)
    now = people_named(message, names)
    if gone := before - now:
        message.mentions.filter(user__in=gone).delete()
    if new := now - before:
        Mention.objects.bulk_create(
            Mention(
                message=message,
                user_id=user_id,
                conversation_id=message.conversation_id,
                seq=message.seq,
            )
            for user_id in new
        )
        _record(actor, message, new)


def _record(actor: User, message: Message, people: Collection[UUID]) -> None:
    record_each(
        PersonMentioned(conversation_id=message.conversation_id, message_id=message.pk),
        streams=_streams(people),
        actor=actor,
    )


def _streams(people: Collection[UUID]) -> list[StreamKey]:
    return [StreamKey(PERSON, user_id) for user_id in people]
