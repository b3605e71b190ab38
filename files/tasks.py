"""Background work on files.

One document is read at a time, in the whole installation: reading takes seconds, and the workers
are there for what people wait for.
"""

import time

from celery import shared_task

from accounts.models import User
from core.database import alone
from core.errands import errand
from core.models import Event
from files.actions.texts import keep_text
from files.actions.uploads import forget_waiting_files
from files.events import FileUploaded
from files.models import StoredFile
from files.reading import known_words, read_words
from files.storage import StorageIsAway, storage_at_hand

READING = "read documents"
AT_ONCE = 20
ENOUGH_SECONDS = 10.0
"""After so long no further one is begun: a worker has other things to do."""


@errand(FileUploaded)
def read_document(event: Event) -> None:
    """Read the words of what was uploaded, unless that is done, or it is gone. While another
    document is read it is left to `read_waiting`."""
    with alone(READING) as is_alone:
        file = StoredFile.objects.unread().filter(pk=event.data["file_id"]).first()
        if is_alone and file is not None:
            _read(file)


@shared_task
def read_waiting() -> None:
    """Give copies the words of what they are copies of, and read what was left."""
    with alone(READING) as is_alone:
        if not is_alone:
            return
        until = time.monotonic() + ENOUGH_SECONDS
        # By chance: those whose content is lost never keep the others from their turn.
        for file in StoredFile.objects.unread().order_by("?")[:AT_ONCE]:
            try:
                with storage_at_hand():
                    _read(file)
            except FileNotFoundError:
                continue
            except StorageIsAway:
                return
            if time.monotonic() > until:
                return


@shared_task
def forget_waiting() -> None:
    """Delete what was uploaded and sent nowhere."""
    forget_waiting_files(actor=User.objects.system())


def _read(file: StoredFile) -> None:
    known = known_words(file)
    text = read_words(file) if known is None else known.text
    keep_text(actor=User.objects.system(), file=file, text=text)
