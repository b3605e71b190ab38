"""What other actions do with files: attach them, copy them, forget them."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from core.errors import ActionError
from files.models import FileText, StoredFile, TextState
from files.texts import has_words


class WrongFile(ActionError):
    """Attaching what one cannot attach here."""

    code = "wrong_file"
    detail = (
        "A file of this message is gone, was sent already, or was uploaded elsewhere. "
        "Take it out and attach it again."
    )

    def __init__(self) -> None:
        super().__init__(field="attachments")


def attach_files(
    *, actor: User, kind: str, place_id: UUID, ids: Sequence[UUID]
) -> list[StoredFile]:
    """Part of sending something: take one's own files that were uploaded here for it, in their
    order. Raises `WrongFile`."""
    mine = StoredFile.objects.waiting().filter(
        pk__in=ids, uploaded_by=actor, place_kind=kind, place_id=place_id
    )
    found = {file.pk: file for file in mine.select_for_update()}
    if found.keys() != set(ids):
        raise WrongFile
    StoredFile.objects.filter(pk__in=found).update(attached_at=Now())
    return [found[pk] for pk in dict.fromkeys(ids)]


def copy_files(*, actor: User, kind: str, place_id: UUID, ids: Sequence[UUID]) -> list[StoredFile]:
    """Part of passing something on: the same content in another place, in the actor's name. Files
    that were deleted meanwhile are left out."""
    # Held, so that nobody deletes the content before the copies are there.
    kept = {
        file.pk: file for file in StoredFile.objects.kept().filter(pk__in=ids).select_for_update()
    }
    copies = [
        StoredFile(
            uploaded_by=actor,
            place_kind=kind,
            place_id=place_id,
            attached_at=Now(),
            **{name: getattr(kept[pk], name) for name in COPIED},
        )
        for pk in ids
        if pk in kept
    ]
    made = StoredFile.objects.bulk_create(copies)
    keep_names(actor=actor, files=made)
    return made


COPIED = (
    "name", "size", "mime_type", "sha256", "width", "height", "status", "version", "content",
)  # fmt: skip


def keep_names(*, actor: User, files: Sequence[StoredFile]) -> None:
    """Part of uploading and copying: they are found by their names, and by their words once
    `files.tasks` has read them. Those are up to a megabyte, and nobody waits for them here."""
    FileText.objects.bulk_create(
        FileText(
            file=file,
            place_id=file.place_id,
            name=file.name,
            state=TextState.WAITING if has_words(file.mime_type) else TextState.NONE,
        )
        for file in files
    )


def forget_files(*, actor: User, files: Sequence[StoredFile]) -> None:
    """Part of deleting them or what they are attached to: their names go at once, and after the
    commit their content, unless another row has it too. The rows are locked."""
    held = StoredFile.objects.kept().filter(pk__in=[file.pk for file in files])
    contents = {str(file.content) for file in held.select_for_update()}
    if not contents:
        return
    FileText.objects.filter(file__in=[file.pk for file in files]).delete()
    held.update(deleted_at=Now(), name="", sha256="", content="")
    transaction.on_commit(partial(_remove_unused, contents), robust=True)


def _remove_unused(contents: set[str]) -> None:
    used = StoredFile.objects.filter(content__in=contents).values_list("content", flat=True)
    for name in contents - set(used):
        default_storage.delete(name)
