"""Messages carry files."""

from collections.abc import Sequence
from uuid import UUID

from accounts.models import User
from core.errors import ActionError
from files.actions.contents import WrongFile, attach_files, copy_files, forget_files
from files.models import StoredFile
from messaging.models import MAX_FILES, Attachment, Message
from messaging.models.carried import CarriedFile

PLACE = "conversation"
"""The kind of place in which files of messages are."""


class TooManyFiles(ActionError):
    """Over the limit of a message."""

    code = "too_many_files"
    detail = f"A message carries at most {MAX_FILES} files. Send the others in another one."


def refuse_too_many(*, actor: User, ids: Sequence[UUID]) -> None:
    """Part of sending a message with files. Raises `TooManyFiles`."""
    if len(ids) > MAX_FILES:
        raise TooManyFiles(field="attachments")


def files_for(
    *, actor: User, message: Message, ids: Sequence[UUID], are_copied: bool
) -> list[StoredFile]:
    """Part of sending a message with files, under the stream's lock: one's own uploads, or copies
    of what is passed on. No query without any. Raises `WrongFile`, also where of what is passed on
    nothing is left to say."""
    if not ids:
        return []
    take = copy_files if are_copied else attach_files
    files = take(actor=actor, kind=PLACE, place_id=message.conversation_id, ids=ids)
    if not (files or message.body):
        raise WrongFile
    return files


def shown_of(*, actor: User, files: Sequence[StoredFile]) -> list[dict[str, object]] | None:
    """Part of sending a message with files: what of them is kept in it."""
    return [CarriedFile.of(file).as_data() for file in files] or None


def attach(*, actor: User, message: Message, files: Sequence[StoredFile]) -> None:
    """Part of sending a message with files, once it is stored."""
    Attachment.objects.bulk_create(Attachment(message=message, file=file) for file in files)


def forget_attached(*, actor: User, message: Message) -> None:
    """Part of deleting a message: its files go with it."""
    files = StoredFile.objects.kept().filter(attachment__message=message)
    forget_files(actor=actor, files=[*files])
