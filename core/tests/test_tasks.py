"""Background work of the core."""

from datetime import timedelta

from django.utils import timezone

from accounts.models import User
from core.models import IdempotentAnswer
from core.tasks import forget_old_answers


def test_old_answers_are_forgotten(system: User) -> None:
    for key in ("old", "fresh"):
        IdempotentAnswer.objects.create(
            user=system, key=key, request_digest="d", status=201, body={}
        )
    eight_days_ago = timezone.now() - timedelta(days=8)
    IdempotentAnswer.objects.filter(key="old").update(created_at=eight_days_ago)
    forget_old_answers()
    assert list(IdempotentAnswer.objects.values_list("key", flat=True)) == ["fresh"]
