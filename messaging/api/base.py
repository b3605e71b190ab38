"""What the views about one message share."""

from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework.response import Response

from core.api.views import ApiView
from messaging.fragments import message_resource
from messaging.models import Message
from messaging.queries.threads import with_people


class MessageView(ApiView):
    """A view of one message that the person may read."""

    def message(self, message_id: UUID) -> Message:
        """With people, reactions and its conversation, in one query. Raises `Http404`."""
        rows = with_people(Message.objects.visible_to(self.person)).select_related("conversation")
        return get_object_or_404(rows, pk=message_id)

    def answer(self, message_id: UUID, status: int = 200) -> Response:
        """The message as it stands now."""
        return Response(message_resource(self.message(message_id)), status=status)
