"""Staff look at people's data: with a reason, which those people can read."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from audit.events import AdminEntered, StaffLooked
from audit.models import MAX_REASON, MIN_REASON, AccessReceipt
from audit.queries import Subject, concerned
from core.context import current_origin
from core.errors import ActionError, NotAllowed
from core.events import StreamKey
from core.publish import record


class NoReason(ActionError):
    """A reason that says nothing, or too much."""

    code = "no_reason"


@transaction.atomic
def look_at(*, actor: Any, subject: Subject, reason: str) -> AccessReceipt:
    """Open something of other people's for `STAFF_LOOK_MINUTES`, in this session alone.

    Records `StaffLooked` with each of them. Raises `NotAllowed`, `NoReason`.
    """
    if not actor.is_staff:
        raise NotAllowed
    reason = " ".join(reason.split())
    if len(reason) < MIN_REASON:
        raise NoReason(
            f"Say in at least {MIN_REASON} characters why you need to see this. "
            "The people concerned will read it.",
            field="reason",
        )
    if len(reason) > MAX_REASON:
        raise NoReason(f"At most {MAX_REASON} characters.", field="reason")
    people = list(concerned(actor, subject).order_by("pk"))
    now = timezone.now()
    receipt = AccessReceipt.objects.create(
        staff=actor,
        kind=subject.kind,
        object_id=subject.object_id,
        title=subject.title[: AccessReceipt._meta.get_field("title").max_length],
        reason=reason,
        session=current_origin().session,
        at=now,
        ends_at=now + timedelta(minutes=settings.STAFF_LOOK_MINUTES),
    )
    receipt.people.set(people)
    event = StaffLooked(receipt_id=receipt.pk, object=str(subject))
    for user in people:  # in the order of their ids: two that look at once never wait in a circle
        record(event, stream=StreamKey("user", user.pk), actor=actor)
    return receipt


@transaction.atomic
def note_entry(*, actor: Any) -> None:
    """Note that a member of staff entered the admin. Records `AdminEntered`."""
    if not actor.is_staff:
        raise NotAllowed
    record(AdminEntered(user_id=actor.pk), stream=actor.stream, actor=actor)
