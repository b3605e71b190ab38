"""Settings of messaging over HTTP."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from core.api.schema import operation
from core.api.views import ApiView
from core.errors import NotAllowed
from messaging.actions.settings import change_place_settings, change_settings
from messaging.queries.conversations import visible_conversation
from messaging.queries.settings import place_of, settings_of
from messaging.serializers.settings import PlaceSettingsSerializer, SettingsSerializer


class Settings(ApiView):
    """Your settings of messaging."""

    @operation("messaging_settings_read", SettingsSerializer)
    def get(self, request: Request) -> Response:
        """How you want to be reached, and what others may know of you."""
        return Response(SettingsSerializer(settings_of(self.person)).data)

    @operation("messaging_settings_change", SettingsSerializer, body=SettingsSerializer)
    def patch(self, request: Request) -> Response:
        """Change what you name; the rest stays."""
        changes = self.body(SettingsSerializer, partial=True)
        settings = change_settings(actor=self.person, user=self.person, changes=changes)
        return Response(SettingsSerializer(settings).data)


class PlaceSettings(ApiView):
    """In what a conversation differs from your settings."""

    @operation("conversations_settings_read", PlaceSettingsSerializer)
    def get(self, request: Request, conversation_id: UUID) -> Response:
        """What is different here; empty and null follow your settings."""
        conversation = visible_conversation(self.person, conversation_id)
        place = place_of(self.person, conversation)
        if place is None:
            raise NotAllowed("Only who takes part has settings here.")
        return Response(PlaceSettingsSerializer(place).data)

    @operation(
        "conversations_settings_change", PlaceSettingsSerializer, body=PlaceSettingsSerializer
    )
    def patch(self, request: Request, conversation_id: UUID) -> Response:
        """Change what you name; the rest stays."""
        conversation = visible_conversation(self.person, conversation_id)
        changes = self.body(PlaceSettingsSerializer, partial=True)
        place = change_place_settings(actor=self.person, conversation=conversation, changes=changes)
        return Response(PlaceSettingsSerializer(place).data)
