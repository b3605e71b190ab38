"""The life of an errand: claimed, done or failed, given up, tried again, forgotten."""

import logging
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from core import errands
from core.errors import Conflict
from core.events import ErrandGivenUp, ErrandTriedAgain, StreamKey
from core.models import Errand
from core.permissions import require
from core.publish import record

logger = logging.getLogger(__name__)

STREAM = StreamKey("errands", UUID(int=0))

FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(hours=1)
MOST_ATTEMPTS = 30
"""Pauses of 15 s, 30 s, a minute and so on up to an hour: about a day."""

QUEUED_AGAIN_AFTER = timedelta(minutes=1)
"""When what was handed to a worker and not claimed is handed over again; harmless if too early."""

MOST_QUEUED = 500
"""Errands handed over in one go."""

KEPT_DONE, KEPT_GIVEN_UP = timedelta(days=7), timedelta(days=90)


class NotGivenUp(Conflict):
    """Only an errand that was given up can be tried again by hand."""

    code = "not_given_up"
    detail = "This errand is done, or is going to be tried again by itself."


@transaction.atomic
def queue_due_errands(*, actor: Any) -> int:
    """Hand errands that nobody has begun in time to workers, at most 500; returns how many.

    Only the system user does. Two at a time take different ones. Records no event.
    """
    require(actor, "core.change_errand")
    found = Errand.objects.due().select_for_update(skip_locked=True, of=("self",))
    rows = list(found.order_by("due_at").values_list("pk", "attempts")[:MOST_QUEUED])
    if rows:
        chosen = Errand.objects.filter(pk__in=[pk for pk, _ in rows])
        chosen.update(due_at=Now() + QUEUED_AGAIN_AFTER)
        transaction.on_commit(lambda: errands.due.send_robust(Errand, errands=rows), robust=True)
    return len(rows)


@transaction.atomic
def claim_errand(*, actor: Any, errand_id: int, attempt: int) -> Errand | None:
    """Begin attempt number `attempt` + 1; None if somebody else has begun it, or it is over.

    One statement decides, so of two workers one gets it. It is nobody else's until
    `ERRAND_LEASE_SECONDS` from now. Only the system user does. Records `ErrandGivenUp` if the
    last attempt was begun and never ended.
    """
    require(actor, "core.change_errand")
    mine = Errand.objects.waiting().filter(pk=errand_id, attempts=attempt)
    if attempt >= MOST_ATTEMPTS:
        if mine.update(due_at=None, last_failure="NeverEnded"):
            _give_up(actor, errand_id)
        return None
    lease = timedelta(seconds=settings.ERRAND_LEASE_SECONDS)
    if not mine.update(attempts=F("attempts") + 1, due_at=Now() + lease):
        return None
    return Errand.objects.select_related("event__actor", "event__stream").get(pk=errand_id)


@transaction.atomic
def finish_errand(*, actor: Any, errand: Errand) -> None:
    """Keep that it is done, whoever else may have begun it meanwhile.

    Only the system user does. Records no event.
    """
    require(actor, "core.change_errand")
    rows = Errand.objects.filter(pk=errand.pk, done_at__isnull=True)
    rows.update(done_at=Now(), due_at=None)


@transaction.atomic
def fail_errand(*, actor: Any, errand: Errand, failure: str) -> None:
    """Keep that this attempt failed, and by which class of error; another one follows later.

    After the thirtieth it is given up: records `ErrandGivenUp`. Only the system user does.
    """
    require(actor, "core.change_errand")
    same = Errand.objects.waiting().filter(pk=errand.pk, attempts=errand.attempts)
    if errand.attempts < MOST_ATTEMPTS:
        pause = min(FIRST_PAUSE * 2 ** (errand.attempts - 1), LONGEST_PAUSE)
        same.update(due_at=Now() + pause, last_failure=failure)
    elif same.update(due_at=None, last_failure=failure):
        _give_up(actor, errand.pk)


@transaction.atomic
def try_errand_again(*, actor: Any, errand: Errand) -> None:
    """Begin anew with an errand that was given up. Records `ErrandTriedAgain`.

    Raises `NotAllowed`, `NotGivenUp`.
    """
    require(actor, "core.change_errand")
    given_up = Errand.objects.given_up().filter(pk=errand.pk)
    if not given_up.update(attempts=0, due_at=Now()):
        raise NotGivenUp
    record(ErrandTriedAgain(errand_id=errand.pk), stream=STREAM, actor=actor)
    rows = [(errand.pk, 0)]
    transaction.on_commit(lambda: errands.due.send_robust(Errand, errands=rows), robust=True)


@transaction.atomic
def forget_old_errands(*, actor: Any) -> int:
    """Delete those done a week ago or given up three months ago; returns how many.

    Only the system user does. The events stay: no event.
    """
    require(actor, "core.delete_errand")
    done = Q(done_at__lt=Now() - KEPT_DONE)
    given_up = Q(done_at__isnull=True, due_at__isnull=True, created_at__lt=Now() - KEPT_GIVEN_UP)
    number, _ = Errand.objects.filter(done | given_up).delete()
    return number


def _give_up(actor: Any, errand_id: int) -> None:
    record(ErrandGivenUp(errand_id=errand_id), stream=STREAM, actor=actor)
    transaction.on_commit(lambda: logger.error("Errand %s was given up.", errand_id))
