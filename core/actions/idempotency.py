"""A request with an ``Idempotency-Key`` is answered once, however often it is sent."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from core.errors import ActionError
from core.models import IdempotentAnswer
from core.permissions import require

Answer = tuple[int, Any]
"""HTTP status and JSON-ready body."""


KEPT = timedelta(days=7)
"""Long after any client has given up repeating a request."""


class KeyUsedOtherwise(ActionError):
    """An Idempotency-Key came again with another request."""

    status = 422
    code = "idempotency_key_used"
    detail = "This Idempotency-Key was used for another request. Make a new one."


@transaction.atomic
def answer_once(*, actor: Any, key: str, digest: str, create: Callable[[], Answer]) -> Answer:
    """Run ``create`` for the first request with this key of this person, else repeat its answer.

    ``digest`` tells requests apart. The key is claimed in the transaction that creates, so it
    never outlives its effect, and a second request at the same moment waits for the first and
    repeats its answer. What ``create`` raises gives the key back. Records no event of its own;
    raises `KeyUsedOtherwise`.
    """
    stored = _stored(actor, key)
    if stored is None:
        try:
            with transaction.atomic():
                claim = IdempotentAnswer.objects.create(
                    user=actor, key=key, request_digest=digest, status=0, body={}
                )
        except IntegrityError:
            # Another request's claim, committed while this one waited.
            stored = IdempotentAnswer.objects.get(user=actor, key=key)
        else:
            claim.status, claim.body = create()
            claim.save(update_fields=["status", "body"])
            return claim.status, claim.body
    if stored.request_digest != digest:
        raise KeyUsedOtherwise
    return stored.status, stored.body


@transaction.atomic
def forget_old_answers(*, actor: Any) -> int:
    """Delete answers that nobody will ask for again; returns how many.

    Only the system user does. They repeat what is recorded elsewhere: no event.
    """
    require(actor, "core.delete_idempotentanswer")
    old = IdempotentAnswer.objects.filter(created_at__lt=Now() - KEPT)
    number, _ = old.delete()
    return number


def _stored(actor: Any, key: str) -> IdempotentAnswer | None:
    return IdempotentAnswer.objects.filter(user=actor, key=key).first()
