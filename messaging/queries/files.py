"""Files that the messages of a conversation carry."""

import re
from dataclasses import dataclass

from django.utils.http import urlencode

from accounts.models import User
from messaging.models import Attachment, Conversation, Message
from messaging.models.carried import CarriedFile
from messaging.queries.names import names_for

FILES_SHOWN = 10
NAME_CHARACTERS = 150
QUOTES = re.compile('["“”„‟«»]')


@dataclass(frozen=True)
class SharedFiles:
    """The newest files of a conversation, each with its message and author."""

    entries: list[tuple[CarriedFile, Message]]
    search: str = ""
    """Where there are more: the query string of the search that finds them all."""


def shared_files(user: User, conversation: Conversation) -> SharedFiles:
    """Those that the person may read, the last one first. One query; one more where there are more
    than are shown."""
    carried = Attachment.objects.filter(
        file__place_id=conversation.pk, file__deleted_at=None, message__conversation=conversation
    )
    if conversation.cleared_seq:
        carried = carried.filter(message__seq__gt=conversation.cleared_seq)
    rows = carried.select_related("file", "message__author").order_by("-file__attached_at", "pk")
    found = list(rows[: FILES_SHOWN + 1])
    return SharedFiles(
        entries=[(CarriedFile.of(row.file), row.message) for row in found[:FILES_SHOWN]],
        search=_search(user, conversation) if len(found) > FILES_SHOWN else "",
    )


def _search(user: User, conversation: Conversation) -> str:
    # Part of a name is enough: quotation marks cannot be quoted, and the field takes no more.
    name = names_for(user, [conversation])[conversation.pk]
    part = max(QUOTES.split(name), key=len).strip()[:NAME_CHARACTERS]
    return urlencode({"q": f'has:file in:"{part}"'})
