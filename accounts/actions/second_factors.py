"""What becomes of people's second factors. allauth writes them; here it is recorded."""

from collections.abc import Collection

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils import timezone

from accounts.events import (
    RecoveryCodesMade,
    RecoveryCodeUsed,
    SecondFactorAdded,
    SecondFactorRemoved,
)
from accounts.models import User
from core.publish import record

RECOVERY_CODES = Authenticator.Type.RECOVERY_CODES


@transaction.atomic
def record_second_factors_made(*, actor: User, before: Collection[int]) -> None:
    """Of the person's factors those that are new, ``before`` being the ids of the others.

    Records `SecondFactorAdded`, and `RecoveryCodesMade` for codes: those that come with the first
    factor, and those that replace earlier ones.
    """
    made = Authenticator.objects.filter(user=actor).exclude(pk__in=before)
    for factor in made.order_by("pk"):
        event = (
            RecoveryCodesMade(user_id=actor.pk)
            if factor.type == RECOVERY_CODES
            else SecondFactorAdded(user_id=actor.pk, kind=factor.type)
        )
        record(event, stream=actor.stream, actor=actor)


@transaction.atomic
def record_second_factor_removed(*, actor: User, factor: Authenticator) -> None:
    """Records `SecondFactorRemoved`; recovery codes go with the last one, without a word."""
    if factor.type != RECOVERY_CODES:
        event = SecondFactorRemoved(user_id=actor.pk, kind=factor.type)
        record(event, stream=actor.stream, actor=actor)


@transaction.atomic
def note_second_factor_used(*, actor: User, factor: Authenticator) -> None:
    """Keep when the factor was used. Records `RecoveryCodeUsed` where it was a recovery code."""
    factor.refresh_from_db()  # checking a recovery code has marked it in a copy
    factor.last_used_at = timezone.now()
    factor.save(update_fields=["last_used_at"])
    if factor.type == RECOVERY_CODES:
        left = len(factor.wrap().get_unused_codes())
        event = RecoveryCodeUsed(user_id=actor.pk, left=left)
        record(event, stream=actor.stream, actor=actor)
