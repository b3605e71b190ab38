"""People's accounts at Google or Microsoft. allauth writes them; here it is recorded."""

from django.db import transaction

from accounts.events import ProviderConnected, ProviderDisconnected
from accounts.models import User
from core.publish import record


@transaction.atomic
def record_provider_connected(*, actor: User, provider: str) -> None:
    """From now on that account signs the person in. Records `ProviderConnected`."""
    event = ProviderConnected(user_id=actor.pk, provider=provider)
    record(event, stream=actor.stream, actor=actor)


@transaction.atomic
def record_provider_disconnected(*, actor: User, provider: str) -> None:
    """It no longer does. Records `ProviderDisconnected`."""
    event = ProviderDisconnected(user_id=actor.pk, provider=provider)
    record(event, stream=actor.stream, actor=actor)
