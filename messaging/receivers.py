"""What messaging says when it is asked: files may be put into conversations."""

from django.db.models import Exists, OuterRef, Q

from accounts.models import User
from files.places import PlaceKind, place_kind
from messaging.actions.attachments import PLACE
from messaging.actions.messages import ConversationIsClosed, refuse_staff
from messaging.models import Conversation, Message
from messaging.queries.conversations import visible_conversation


def _refuse(user: User, conversation: Conversation) -> None:
    refuse_staff(actor=user, conversation=conversation)
    if conversation.closed_at is not None:
        raise ConversationIsClosed


def _readable(user: User) -> Q:
    """Files of messages that the person may read, and what they have not sent yet."""
    messages = Message.objects.visible_to(user).filter(attachments__file=OuterRef("pk"))
    conversations = Conversation.objects.visible_to(user).filter(pk=OuterRef("place_id"))
    is_waiting = Q(attached_at__isnull=True, uploaded_by=user)
    return Exists(messages) | (is_waiting & Exists(conversations))


place_kind(PLACE, PlaceKind(visible_conversation, "messaging.post", _refuse, _readable))
