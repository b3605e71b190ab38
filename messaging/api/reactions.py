"""Reactions over HTTP."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from core.api.schema import listing, operation
from messaging.actions.reactions import add_reaction, remove_reaction
from messaging.api.base import MessageView
from messaging.serializers.messages import MessageSerializer
from messaging.serializers.reactions import EmojiSerializer, ReactionSerializer


class MessageReactions(MessageView):
    """Who reacted to a message, and one's own reactions."""

    limits = {"POST": "reaction", "DELETE": "reaction"}

    @listing("messages_reactions", ReactionSerializer)
    def get(self, request: Request, message_id: UUID) -> Response:
        """Everybody who reacted, the last one first."""
        return self.page(
            self.message(message_id).reactions.select_related("user"),
            lambda page: ReactionSerializer(page, many=True).data,
        )

    @operation("messages_react", MessageSerializer, body=EmojiSerializer)
    def post(self, request: Request, message_id: UUID) -> Response:
        """React with an emoji. The same one again changes nothing."""
        message, emoji = self.message(message_id), self.body(EmojiSerializer)["emoji"]
        add_reaction(actor=self.person, message=message, emoji=emoji)
        return self.answer(message_id)

    @operation("messages_unreact", MessageSerializer, parameters=[EmojiSerializer])
    def delete(self, request: Request, message_id: UUID) -> Response:
        """Take your own emoji back; one that is not there changes nothing. It stands in the query
        string, or in a JSON body as for POST."""
        message = self.message(message_id)
        given = self.body(EmojiSerializer) if request.data else self.query(EmojiSerializer)
        remove_reaction(actor=self.person, message=message, emoji=given["emoji"])
        return self.answer(message_id)
