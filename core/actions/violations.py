"""Counting what browsers report of the content security policy."""

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now

from core.models import PolicyViolation
from core.permissions import require
from core.violations import Violation

MOST_KINDS = 500
"""Anybody may report anything: beyond this the kind that was not seen for longest goes."""


@transaction.atomic
def count_violation(*, actor: Any, violation: Violation) -> None:
    """Count a violation with its like; at most 500 kinds are kept.

    Only the system user does, for whoever reports. Nobody has done anything: no event.
    """
    require(actor, "core.add_policyviolation")
    if _counted(violation):
        return
    if PolicyViolation.objects.count() >= MOST_KINDS:
        stale = PolicyViolation.objects.order_by("last_at", "pk").values("pk")[:1]
        PolicyViolation.objects.filter(pk__in=stale).delete()
    try:
        with transaction.atomic():
            PolicyViolation.objects.create(**vars(violation))
    except IntegrityError:  # reported by another browser at this moment
        _counted(violation)


def _counted(violation: Violation) -> bool:
    alike = PolicyViolation.objects.filter(**vars(violation))
    return bool(alike.update(count=F("count") + 1, last_at=Now()))
