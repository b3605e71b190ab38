"""Background work of the core."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from core.models import IdempotentAnswer
from core.outages import redis_outage
from core.tasks import beat_heart, forget_old_answers, stop_heart


def test_old_answers_are_forgotten(system: User) -> None:
    for key in ("old", "fresh"):
        IdempotentAnswer.objects.create(
            user=system, key=key, request_digest="d", status=201, body={}
        )
    eight_days_ago = timezone.now() - timedelta(days=8)
    IdempotentAnswer.objects.filter(key="old").update(created_at=eight_days_ago)
    forget_old_answers()
    assert list(IdempotentAnswer.objects.values_list("key", flat=True)) == ["fresh"]


def test_the_heart_waits_while_redis_is_away(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An outage is one line in the log, not a traceback of the worker for each beat."""
    monkeypatch.setattr(redis_outage, "_since", None)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    beat_heart()
    stop_heart()
    assert [record.message.partition(" (")[0] for record in caplog.records] == ["Redis is away"]
