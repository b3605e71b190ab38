"""What somebody writes and has not sent, kept for all their devices."""

from django.db import transaction

from accounts.models import User
from core.errors import Conflict
from core.permissions import require
from core.publish import lock, record
from messaging.actions.messages import ConversationIsClosed, WrongReply
from messaging.events import DraftChanged
from messaging.models import Conversation, Draft, Message
from messaging.queries.drafts import draft_of
from messaging.words import storable


class DraftIsNewer(Conflict):
    """Another device has saved something else meanwhile; ``draft`` is what it saved."""

    code = "draft_is_newer"
    detail = "You wrote something else here on another device. Take it, or save yours over it."

    def __init__(self, draft: Draft) -> None:
        super().__init__(field="version")
        self.draft = draft


@transaction.atomic
def save_draft(
    *,
    actor: User,
    conversation: Conversation,
    body: str,
    reply_to: Message | None = None,
    version: int | None = None,
) -> Draft:
    """Keep what the person is writing; nothing but white space throws the draft away.

    ``version`` is that of the draft which these words go on from (0 for none): if another device
    has saved one since, nothing is written. Without it they are written over whatever is there.
    Records `DraftChanged` on the person's own stream, unless it says the same already. Raises
    `NotAllowed`, `MessageTooLong`, `WrongReply`, `ConversationIsClosed`, `DraftIsNewer`.
    """
    require(actor, "messaging.read", conversation)
    body = storable(body)
    if not body.strip():  # also where one may not write any more
        body, reply_to = "", None
    else:
        require(actor, "messaging.post", conversation)
        if conversation.closed_at is not None:
            raise ConversationIsClosed
        if reply_to is not None and reply_to.conversation_id != conversation.pk:
            raise WrongReply(field="reply_to")
    lock(actor.stream)
    draft = draft_of(actor, conversation)
    if (draft.body, draft.reply_to_id) == (body, reply_to and reply_to.pk):
        return draft
    if version is not None and version != draft.version:
        raise DraftIsNewer(draft)
    draft.body, draft.reply_to = body, reply_to
    event = record(
        DraftChanged(conversation_id=conversation.pk),
        stream=actor.stream,
        actor=actor,
        about=draft,
    )
    draft.version, draft.updated_at = event.seq, event.at
    draft.save()
    return draft
