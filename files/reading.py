"""The words of a stored document."""

import subprocess
import sys
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import NamedTuple

from files import texts
from files.models import FileText, StoredFile, TextState

MAX_SECONDS = 20.0
"""Together with the others of one go well within what a task may take
(settings.CELERY_TASK_TIME_LIMIT)."""

PROGRAM = Path(texts.__file__)


class Words(NamedTuple):
    """What came of reading a content; no text where it is unreadable."""

    text: str | None


def known_words(file: StoredFile) -> Words | None:
    """What came of it where the same content was read before; None where it never was."""
    told = (TextState.READ, TextState.UNREADABLE)
    same = FileText.objects.filter(file__content=file.content, state__in=told)
    read = same.values_list("state", "text").first()
    if read is None:
        return None
    state, text = read
    return Words(text if state == TextState.READ else None)


def read_words(file: StoredFile) -> str | None:
    """Its text, as `files.texts` reads it; None where there is none to be had.

    Raises `OSError` while the storage is away.
    """
    # -I: it finds nothing of ours, and hears nothing from the environment.
    command = [sys.executable, "-I", str(PROGRAM), file.mime_type]
    with TemporaryFile() as copy:
        with file.content.open("rb") as stored:
            copyfileobj(stored, copy)
        copy.seek(0)
        try:
            done = subprocess.run(
                command,
                stdin=copy,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=MAX_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return None
    return done.stdout.decode() if done.returncode == 0 else None
