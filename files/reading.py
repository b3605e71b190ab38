"""The words of a stored document."""

import subprocess
import sys
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile

from files import texts
from files.models import StoredFile

MAX_SECONDS = 60.0
"""Well within what a task may take (settings.CELERY_TASK_TIME_LIMIT)."""

PROGRAM = Path(texts.__file__)


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
