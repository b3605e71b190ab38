"""The words of documents are kept, so that they can be found."""

from django.db import OperationalError, transaction

from accounts.models import User
from core.permissions import require
from files.models import FileText, StoredFile, TextState

TOO_MANY_WORDS = "54000"
"""PostgreSQL's code for more different words than can be kept of one text."""


@transaction.atomic
def keep_text(*, actor: User, file: StoredFile, text: str | None) -> None:
    """Keep what is written in a file, None where nothing could be read, unless that is done. Of
    more words than PostgreSQL can keep, the beginning stays. Its copies have their own turn: each
    may take a second.

    Only the system user does. It follows `FileUploaded`: no event.
    """
    require(actor, "files.change_storedfile")
    rows = FileText.objects.filter(file=file, state=TextState.WAITING)
    if text is None:
        rows.update(state=TextState.UNREADABLE)
        return
    while True:
        try:
            with transaction.atomic():
                rows.update(text=text, state=TextState.READ)
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") != TOO_MANY_WORDS:
                raise
            text = text[: len(text) // 2]
        else:
            return
