"""Drafts over HTTP."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from core.api.schema import operation
from core.api.views import ApiView
from messaging.actions.drafts import save_draft
from messaging.api.messages import replied
from messaging.fragments import draft_resource
from messaging.models import Conversation
from messaging.queries.conversations import visible_conversation
from messaging.queries.drafts import draft_of
from messaging.serializers.drafts import DraftSerializer, SaveDraftSerializer


class ConversationDraft(ApiView):
    """What one is writing in a conversation; nobody else sees it."""

    limits = {"PUT": "draft"}

    @operation("conversation_draft_read", DraftSerializer)
    def get(self, request: Request, conversation_id: UUID) -> Response:
        """Your draft; an empty one where there is none."""
        return Response(draft_resource(draft_of(self.person, self._load(conversation_id))))

    @operation("conversation_draft_save", DraftSerializer, body=SaveDraftSerializer)
    def put(self, request: Request, conversation_id: UUID) -> Response:
        """Keep what you are writing, for all your devices. With a `version` that is not the
        newest it answers 409 and keeps what another device has saved."""
        conversation = self._load(conversation_id)
        fields = self.body(SaveDraftSerializer)
        draft = save_draft(
            actor=self.person,
            conversation=conversation,
            body=fields["body"],
            reply_to=replied(conversation, fields.get("reply_to")),
            version=fields.get("version"),
        )
        return Response(draft_resource(draft))

    @operation("conversation_draft_discard", status=204)
    def delete(self, request: Request, conversation_id: UUID) -> Response:
        """Throw it away."""
        save_draft(actor=self.person, conversation=self._load(conversation_id), body="")
        return Response(status=204)

    def _load(self, conversation_id: UUID) -> Conversation:
        return visible_conversation(self.person, conversation_id)
