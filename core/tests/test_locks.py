"""A stream's lock, whether or not anything was recorded there yet."""

from uuid import uuid4

from django.db import transaction

from core.events import StreamKey
from core.models import Stream
from core.publish import lock, lock_each
from core.queries import events_after, head
from tests.races import Racer
from tests.sockets import COMMITTED

pytestmark = COMMITTED


def hold(stream: StreamKey) -> None:
    with transaction.atomic():
        lock(stream)


def test_of_two_the_second_waits_from_the_first_time_on() -> None:
    stream = StreamKey("user", uuid4())
    for _ in range(2):
        with transaction.atomic():
            lock(stream)
            racer = Racer(lambda: hold(stream))
            assert racer.waits
        racer.result()
    assert (head(stream), events_after(stream, 0, 1)) == (0, [])


def test_several_are_taken_in_one_order() -> None:
    streams = [StreamKey("user", uuid4()) for _ in range(2)]

    def hold_each(those: list[StreamKey]) -> None:
        with transaction.atomic():
            lock_each(those)

    with transaction.atomic():
        lock_each(streams)
        one = Racer(lambda: hold_each(streams))
        other = Racer(lambda: hold_each(streams[::-1]), behind=one)
    one.result()
    other.result()
    assert Stream.objects.filter(object_id__in=[key.object_id for key in streams]).count() == 2
