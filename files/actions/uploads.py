"""Files are uploaded, thrown away, or forgotten because nothing was done with them."""

import hashlib
import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models.functions import Now
from django.template.defaultfilters import filesizeformat

from accounts.models import User
from core.database import DATABASE_AWAY
from core.errors import ActionError, Conflict, NotAllowed
from core.permissions import require
from core.publish import lock, record
from files.actions.contents import forget_files, keep_names
from files.events import FileDeleted, FileUploaded
from files.models import StoredFile
from files.names import clean_name
from files.places import kind_called
from files.sniffing import sniff
from files.storage import storage_at_hand

MAX_WAITING = 50
"""Files of one person that are attached to nothing: what is thrown away within a day."""

KEPT_WAITING = timedelta(days=1)
AT_ONCE = 500


class EmptyFile(ActionError):
    """Nothing in it."""

    code = "empty_file"
    detail = "This file is empty. Choose another one."


class FileTooLarge(ActionError):
    """Over the limit of a file."""

    status = 413
    code = "file_too_large"

    def __init__(self, size: int) -> None:
        most = filesizeformat(settings.MAX_FILE_BYTES)
        super().__init__(
            f"This file has {filesizeformat(size)}; {most} is the most. "
            "Make it smaller, or share a link to it.",
            field="file",
        )


class TooManyWaiting(Conflict):
    """Uploading without ever using what was uploaded."""

    code = "too_many_waiting"
    detail = (
        f"You have uploaded {MAX_WAITING} files that you have not sent. "
        "Send some of them, or take them away."
    )


class FileIsAttached(Conflict):
    """Taking away a file from under what it belongs to."""

    code = "attached"
    detail = "This file has been sent. To be rid of it, delete its message."


def upload_file(
    *, actor: User, kind: str, place: Any, upload: "File[bytes]", title: str = ""
) -> StoredFile:
    """Keep a file in a place of this kind, seen by nobody else until it is attached to something
    there. Within a day it must be, or it is forgotten.

    Records `FileUploaded` on the actor's stream. Raises `NotAllowed`, `EmptyFile`, `FileTooLarge`,
    `TooManyWaiting`, `StorageIsAway`, and what the kind of place has against it.
    """
    rules = kind_called(kind)
    require(actor, rules.adds, place)
    rules.refuse(actor, place)
    if not upload.size:
        raise EmptyFile(field="file")
    if upload.size > settings.MAX_FILE_BYTES:
        raise FileTooLarge(upload.size)
    _refuse_too_many(actor)  # before anything is stored in vain
    file = _described(upload, title)
    file.uploaded_by, file.place_kind, file.place_id = actor, kind, place.pk
    file.content = _keep(upload)
    try:
        with transaction.atomic():
            record(
                FileUploaded(file_id=file.pk, place_kind=kind, place_id=place.pk),
                stream=actor.stream,
                actor=actor,
            )
            _refuse_too_many(actor)  # again, now that no other upload of theirs comes between
            file.save(force_insert=True)
            keep_names(actor=actor, files=[file])
    except DATABASE_AWAY:
        raise  # it may have been recorded all the same: too much is kept rather than too little
    except BaseException:
        default_storage.delete(file.content.name)
        raise
    return file


@transaction.atomic
def delete_file(*, actor: User, file: StoredFile) -> None:
    """Throw away a file that one has uploaded and not sent.

    Records `FileDeleted` on the actor's stream; deleting twice changes nothing. Raises
    `NotAllowed`, `FileIsAttached`.
    """
    if file.uploaded_by_id != actor.pk:
        raise NotAllowed("Only who uploaded a file can delete it.")
    require(actor, kind_called(file.place_kind).adds, file.find_place(actor))
    # Before any lock: who forwards a file holds its row, and then perhaps this person's stream.
    if file.attached_at is not None:
        raise FileIsAttached
    lock(actor.stream)
    file = StoredFile.objects.select_for_update().get(pk=file.pk)
    if file.deleted_at is not None:
        return
    if file.attached_at is not None:
        raise FileIsAttached
    record(FileDeleted(file_id=file.pk), stream=actor.stream, actor=actor)
    forget_files(actor=actor, files=[file])


@transaction.atomic
def forget_waiting_files(*, actor: User) -> int:
    """Delete files that were uploaded a day ago and sent nowhere, at most 500; returns how many.

    Only the system user does. Their `FileUploaded` stays: no event.
    """
    require(actor, "files.delete_storedfile")
    old = StoredFile.objects.waiting().filter(created_at__lt=Now() - KEPT_WAITING)
    files = [*old.select_for_update(skip_locked=True).order_by("created_at")[:AT_ONCE]]
    forget_files(actor=actor, files=files)
    return len(files)


def _refuse_too_many(actor: User) -> None:
    if StoredFile.objects.waiting().filter(uploaded_by=actor).count() >= MAX_WAITING:
        raise TooManyWaiting


def _keep(upload: "File[bytes]") -> str:
    """Under which name the content is stored; raises `StorageIsAway`."""
    upload.seek(0)
    with storage_at_hand():
        return default_storage.save(f"files/{uuid.uuid4().hex}", upload)


def _described(upload: "File[bytes]", title: str) -> StoredFile:
    """What is to be known of it, without where it is."""
    name = clean_name(upload.name or "", title)
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    found = sniff(upload, name)
    return StoredFile(
        name=name,
        size=upload.size,
        mime_type=found.mime_type,
        width=found.width,
        height=found.height,
        sha256=digest.hexdigest(),
    )
