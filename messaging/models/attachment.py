"""Files that messages carry."""

from django.db import models

from files.models import StoredFile
from messaging.models.message import Message

MAX_FILES = 10
"""Of one message."""


class Attachment(models.Model):
    """That a message carries a file. How it is shown stands in the message itself (`files`)."""

    file = models.OneToOneField(
        StoredFile, on_delete=models.CASCADE, primary_key=True, related_name="attachment"
    )
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="attachments")

    def __str__(self) -> str:
        return f"{self.file_id} of {self.message_id}"
