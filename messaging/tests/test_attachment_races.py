"""Two requests about the same files at the same moment, in threads of their own."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.db import transaction

from accounts.models import User
from core.publish import lock
from files.actions import uploads
from files.actions.contents import WrongFile
from files.actions.uploads import TooManyWaiting, delete_file
from files.models import StoredFile
from messaging.actions.contacts import open_direct
from messaging.actions.forwarding import forward_message
from messaging.actions.messages import delete_message
from messaging.models import Message
from rooms.models import Room
from tests.races import Racer
from tests.sockets import COMMITTED

pytestmark = COMMITTED

Say = Callable[..., Message]
Upload = Callable[..., StoredFile]


def hold(*files: StoredFile) -> None:
    """Keep their rows until the end of the transaction."""
    list(StoredFile.objects.filter(pk__in=[file.pk for file in files]).select_for_update())


def test_a_file_is_sent_once(room: Room, client_user: User, upload: Upload, say: Say) -> None:
    kept = upload(client_user, room)
    with transaction.atomic():
        lock(room.conversation.stream)
        first = Racer(lambda: say(client_user, room, "One", attachments=[kept.pk]))
        second = Racer(lambda: say(client_user, room, "Two", attachments=[kept.pk]), behind=first)
    assert first.result().shown_files
    with pytest.raises(WrongFile):
        second.result()


def test_a_file_is_sent_or_thrown_away(
    room: Room, client_user: User, upload: Upload, say: Say
) -> None:
    kept = upload(client_user, room)
    with transaction.atomic():
        hold(kept)
        thrown = Racer(lambda: delete_file(actor=client_user, file=kept))
        sent = Racer(lambda: say(client_user, room, "", attachments=[kept.pk]), behind=thrown)
    thrown.result()
    with pytest.raises(WrongFile):
        sent.result()
    assert not default_storage.exists(str(kept.content))


def test_of_two_uploads_the_one_too_many_is_refused_and_leaves_nothing(
    room: Room, client_user: User, upload: Upload, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MAX_WAITING", 2)
    upload(client_user, room)
    with transaction.atomic():
        lock(client_user.stream)
        first = Racer(lambda: upload(client_user, room))
        second = Racer(lambda: upload(client_user, room), behind=first)
    kept = first.result()
    with pytest.raises(TooManyWaiting):
        second.result()
    assert StoredFile.objects.count() == 2
    assert default_storage.exists(str(kept.content))
    assert len([path for path in media.rglob("*") if path.is_file()]) == 2


@pytest.mark.parametrize("is_forwarded_first", [True, False])
def test_what_is_forwarded_while_it_is_deleted_is_whole_or_left_out(
    is_forwarded_first: bool, room: Room, client_user: User, consultant: User, upload: Upload,
    say: Say,
) -> None:  # fmt: skip
    kept = upload(client_user, room)
    message = say(client_user, room, "Look", attachments=[kept.pk])
    talk = open_direct(actor=consultant, other=client_user)

    def forward() -> Message:
        return forward_message(actor=consultant, message=message, conversation=talk)

    def delete() -> Message:
        return delete_message(actor=client_user, message=message)

    with transaction.atomic():
        hold(kept)
        first = Racer(forward if is_forwarded_first else delete)
        second = Racer(delete if is_forwarded_first else forward, behind=first)
    passed = (first if is_forwarded_first else second).result()
    (second if is_forwarded_first else first).result()
    assert len(passed.shown_files) == is_forwarded_first
    assert default_storage.exists(str(kept.content)) == is_forwarded_first
