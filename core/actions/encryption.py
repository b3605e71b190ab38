"""Changing the keys of stored secrets."""

from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import transaction
from django.db.models import F, JSONField, Model, QuerySet, TextField, Value
from django.db.models.functions import Cast

from core.encryption import Place, Undecryptable, decrypt, encrypt, is_current, places
from core.events import EncryptionKeysRotated, StreamKey
from core.permissions import require
from core.publish import record

STREAM = StreamKey("encryption", UUID(int=0))
BATCH = 200


@dataclass
class Rotation:
    """What became of the values: encrypted anew, or readable with none of the keys."""

    renewed: int = 0
    unreadable: int = 0


def rotate_encryption_keys(*, actor: Any) -> dict[str, Rotation]:
    """Encrypt every stored secret with the first key; answers the counts by column.

    Rows are locked and written 200 at a time, so it may run while people work, be stopped, and
    run again. What no key decrypts stays as it is and is counted. Records
    `EncryptionKeysRotated`; only the system user may.
    """
    require(actor, "core.rotate_encryption_keys")
    rotated = {str(place): _rotate(place) for place in places(apps.get_models())}
    with transaction.atomic():
        record(
            EncryptionKeysRotated(
                renewed=sum(each.renewed for each in rotated.values()),
                unreadable=sum(each.unreadable for each in rotated.values()),
            ),
            stream=STREAM,
            actor=actor,
        )
    return rotated


def _rotate(place: Place) -> Rotation:
    model = apps.get_model(place.model)
    done = Rotation()
    last: Any = None
    for _ in count():
        rows = model._base_manager.exclude(**{f"{place.column}__isnull": True}).order_by("pk")
        if last is not None:
            rows = rows.filter(pk__gt=last)
        with transaction.atomic():
            last = _rotate_batch(place, rows, done)
        if last is None:
            break
    return done


def _rotate_batch(place: Place, rows: QuerySet[Model], done: Rotation) -> Any:
    """Write up to 200 rows; answers the last one's key, None when there was none."""
    # Read and written past the field itself, which would encrypt what is encrypted.
    plain: Any = JSONField() if place.keys else TextField()
    stored = F(place.column) if place.keys else Cast(place.column, TextField())
    locked = rows.select_for_update(no_key=True).annotate(_stored=stored)
    last = None
    for last, value in locked.values_list("pk", "_stored")[:BATCH]:
        changed = place.replaced(value, lambda token: _renewed(token, done))
        if changed != value:
            rows.model._base_manager.filter(pk=last).update(
                **{place.column: Value(changed, output_field=plain)}
            )
    return last


def _renewed(token: str, done: Rotation) -> str:
    if is_current(token):
        return token
    try:
        text = decrypt(token)
    except Undecryptable:
        done.unreadable += 1
        return token
    done.renewed += 1
    return encrypt(text)
