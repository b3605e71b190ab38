"""Mentions over HTTP: who can be named in a conversation, and where one was."""

from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from core.api.schema import listing
from core.api.views import ApiView
from messaging.fragments import message_resource
from messaging.queries.conversations import visible_conversation
from messaging.queries.mentions import mentions_of, people_to_name, with_messages
from messaging.serializers.mentions import MentionSerializer, NameSerializer


class ConversationNames(ApiView):
    """Whom an `@` may name."""

    @listing("conversation_names_list", NameSerializer, parameters=[])
    def get(self, request: Request, conversation_id: UUID) -> Response:
        """The others in a conversation by name, the first 200, on one page. Write `@` and the name
        in a message to mention one of them."""
        conversation = visible_conversation(self.person, conversation_id)
        people, _ = people_to_name(conversation, self.person)
        results = [{"id": person.pk, "name": person.name} for person in people]
        return Response({"results": results, "next": None, "previous": None})


class Mentions(ApiView):
    """Where one is named."""

    @listing("mentions_list", MentionSerializer)
    def get(self, request: Request) -> Response:
        """The messages in which somebody mentioned you, the newest mention first."""
        return self.page(
            mentions_of(self.person),
            lambda page: [_resource(mention) for mention in with_messages(page)],
        )


def _resource(mention: Any) -> dict[str, Any]:
    return {
        "is_unread": mention.is_unread,
        "created_at": mention.created_at,
        "message": message_resource(mention.message),
    }
