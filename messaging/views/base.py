"""What the views share: loading what the signed-in person may see."""

from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from core.requests import person
from messaging.models import Conversation, Message
from messaging.queries.conversations import visible_conversation
from messaging.queries.threads import with_people


def conversation_for(request: HttpRequest, conversation_id: UUID) -> Conversation:
    """Raises `Http404` for who may not see it."""
    return visible_conversation(person(request), conversation_id)


def message_for(request: HttpRequest, message_id: UUID) -> Message:
    """With its conversation, people and reactions; raises `Http404` for who may not see it."""
    visible = with_people(Message.objects.visible_to(person(request)))
    return get_object_or_404(visible.select_related("conversation"), pk=message_id)
