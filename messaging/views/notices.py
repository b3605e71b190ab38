"""What a page tells of while its person is elsewhere in it."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from core.requests import number, person
from messaging.models import ConversationKind, Message, MessageType
from messaging.queries.addresses import address_of
from messaging.queries.conversations import visible_conversation
from messaging.queries.notices import newest_notice
from messaging.templatetags.excerpts import excerpt

WORDS_SHOWN = 120
"""Characters of a message, where somebody is told of it."""


@require_GET
@login_required
def notice(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """The newest of the messages `first` to `last` that the person is to be told of now, as JSON;
    204 where there is none, as they have set it."""
    user = person(request)
    conversation = visible_conversation(user, conversation_id)
    first, last = number(request.GET, "first") or 0, number(request.GET, "last") or 0
    message = newest_notice(user, conversation, range(first, last + 1), timezone.now())
    return HttpResponse(status=204) if message is None else JsonResponse(_told(message))


def _told(message: Message) -> dict[str, Any]:
    """Plain words: they are shown as text, by the page or by what the person's device runs on."""
    talk = message.conversation
    return {
        "seq": message.seq,
        "name": str(message.author),
        "title": "" if talk.kind == ConversationKind.DIRECT else talk.title,
        "words": _words(message),
        "url": address_of(message),
    }


def _words(message: Message) -> str:
    if message.message_type == MessageType.MEETING:
        return f"Meeting: {message.body}"
    return excerpt(message, WORDS_SHOWN)
