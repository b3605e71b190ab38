"""What becomes of people's second factors. allauth writes them; here it is recorded."""

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils import timezone

from accounts.events import RecoveryCodeUsed
from accounts.models import User
from core.publish import record


@transaction.atomic
def note_second_factor_used(*, actor: User, factor: Authenticator) -> None:
    """Keep when the factor was used. Records `RecoveryCodeUsed` where it was a recovery code."""
    factor.last_used_at = timezone.now()
    factor.save(update_fields=["last_used_at"])
    if factor.type == Authenticator.Type.RECOVERY_CODES:
        left = len(factor.wrap().get_unused_codes())
        event = RecoveryCodeUsed(user_id=actor.pk, left=left)
        record(event, stream=actor.stream, actor=actor)
