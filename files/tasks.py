"""Background work on files."""

from celery import shared_task

from accounts.models import User
from core.errands import errand
from core.models import Event
from files.actions.texts import keep_text
from files.actions.uploads import forget_waiting_files
from files.events import FileUploaded
from files.models import StoredFile, TextState
from files.reading import read_words


@errand(FileUploaded)
def read_document(event: Event) -> None:
    """Read the words of what was uploaded, unless that is done, or it is gone."""
    waiting = StoredFile.objects.kept().filter(text__state=TextState.WAITING)
    file = waiting.filter(pk=event.data["file_id"]).first()
    if file is not None:
        keep_text(actor=User.objects.system(), file=file, text=read_words(file))


@shared_task
def forget_waiting() -> None:
    """Delete what was uploaded and sent nowhere."""
    forget_waiting_files(actor=User.objects.system())
