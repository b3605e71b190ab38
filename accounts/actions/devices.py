"""Devices that a person has signed in with: a new one is told of."""

import hashlib
from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now

from accounts.events import NewDeviceSeen
from accounts.models import KnownDevice, User
from accounts.queries import forgotten_devices
from core.permissions import require
from core.publish import record

NEW_ACCOUNT = timedelta(days=1)
"""Who made the account so lately knows of its first device."""


@transaction.atomic
def note_device(*, actor: User, mark: str) -> None:
    """Recognise what somebody has just signed in with, by a mark that only it has.

    Records `NewDeviceSeen` when it was not seen before for this person; not for the first device
    of an account just made, of which its owner need not hear.
    """
    digest = hashlib.sha256(mark.encode()).hexdigest()
    device, is_new = KnownDevice.objects.get_or_create(user=actor, digest=digest)
    if not is_new:
        KnownDevice.objects.filter(pk=device.pk).update(last_seen_at=Now())
        return
    others = KnownDevice.objects.filter(user=actor).exclude(pk=device.pk)
    device.refresh_from_db(fields=["first_seen_at"])
    is_young = device.first_seen_at - actor.date_joined < NEW_ACCOUNT
    if others.exists() or not is_young:
        event = NewDeviceSeen(user_id=actor.pk, device_id=device.pk)
        record(event, stream=actor.stream, actor=actor)


@transaction.atomic
def forget_old_devices(*, actor: User) -> int:
    """Delete devices whose browser has lost its mark by now; returns how many.

    Only the system user does. Nothing happened to anybody: no event.
    """
    require(actor, "accounts.delete_knowndevice")
    number, _ = forgotten_devices().delete()
    return number
