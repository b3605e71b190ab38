"""Staff look at people's data: with a reason, which those people can read."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any
from unicodedata import category
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from audit.events import AdminEntered, StaffLooked
from audit.models import MAX_REASON, MIN_REASON, AccessReceipt
from audit.queries import Listing, Subject, concerned, looks_through
from core.context import current_origin
from core.errors import ActionError, NotAllowed
from core.events import PERSON, StreamKey
from core.permissions import require
from core.publish import record


class NoReason(ActionError):
    """A reason that says nothing, or too much."""

    code = "no_reason"


class ReasonNeeded(NoReason):
    """No reason that still counts was given for this, and none came with the request."""

    code = "reason_needed"
    detail = (
        "Say why you need to see this, in the header X-Reason: at least "
        f"{MIN_REASON} characters. The people whom it shows will read it."
    )


@transaction.atomic
def look_at(*, actor: Any, subject: Subject, reason: str) -> AccessReceipt:
    """Open something of other people's for `STAFF_LOOK_MINUTES`, in this session alone.

    Records `StaffLooked` with each of them. Raises `NotAllowed`, `NoReason`.
    """
    if not actor.is_staff:
        raise NotAllowed
    people = list(concerned(actor, subject).order_by("pk"))
    receipt = _receipt(actor, subject.kind, subject.object_id, subject.title, reason)
    _leave(receipt, people)
    return receipt


@transaction.atomic
def look_through(
    *, actor: Any, listing: Listing, people: Collection[UUID], reason: str | None = None
) -> AccessReceipt:
    """Show ``people`` (ids) in a list; the reason counts as `look_at` says, for the whole list.

    Without a reason, or with the same again, the receipt is the one that still counts: whom it
    names already is not told twice. Records `StaffLooked` with each of the others. Raises
    `NotAllowed`, `NoReason`, `ReasonNeeded`.
    """
    require(actor, listing.permission)
    given = looks_through(actor, listing, session=current_origin().session)
    if reason is not None:
        reason = _checked(reason)
        given = given.filter(reason=reason)
    # Locked: of two pages at once the second knows whom the first has told.
    receipt = given.select_for_update(no_key=True).first()
    if receipt is None:
        if reason is None:
            raise ReasonNeeded(field="reason")
        receipt = _receipt(actor, listing.kind, None, listing.title, reason)
    others = get_user_model().objects.filter(pk__in=people, is_system=False)
    others = others.exclude(pk=actor.pk).exclude(access_receipts=receipt)
    _leave(receipt, list(others.order_by("pk")))
    return receipt


def _checked(reason: str) -> str:
    """The reason without needless spaces; raises `NoReason`."""
    reason = " ".join(reason.split())
    if sum(category(character)[0] != "C" for character in reason) < MIN_REASON:  # seen by a reader
        raise NoReason(
            f"Say in at least {MIN_REASON} characters why you need to see this. "
            "The people concerned will read it.",
            field="reason",
        )
    if len(reason) > MAX_REASON:
        raise NoReason(f"At most {MAX_REASON} characters.", field="reason")
    return reason


def _receipt(
    staff: Any, kind: str, object_id: UUID | None, title: str, reason: str
) -> AccessReceipt:
    """A new receipt, with nobody yet."""
    now = timezone.now()
    return AccessReceipt.objects.create(
        staff=staff,
        kind=kind,
        object_id=object_id,
        title=title[: AccessReceipt._meta.get_field("title").max_length],
        reason=_checked(reason),
        session=current_origin().session,
        at=now,
        ends_at=now + timedelta(minutes=settings.STAFF_LOOK_MINUTES),
    )


def _leave(receipt: AccessReceipt, people: list[Any]) -> None:
    """Put people into a receipt and tell each; in the order of their ids.

    Two that look at once then never wait in a circle.
    """
    if not people:
        return
    receipt.people.add(*people)
    event = StaffLooked(receipt_id=receipt.pk, object=receipt.object)
    for user in people:
        record(event, stream=StreamKey(PERSON, user.pk), actor=receipt.staff)


@transaction.atomic
def note_entry(*, actor: Any) -> None:
    """Note that a member of staff entered the admin. Records `AdminEntered`."""
    if not actor.is_staff:
        raise NotAllowed
    record(AdminEntered(user_id=actor.pk), stream=actor.stream, actor=actor)
