"""Background work that follows an event: nothing loses it, and nobody does it twice."""

import json
from base64 import b64decode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError, connection, connections, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks, Settings

from accounts.models import User
from consultsuite.celery import app
from consultsuite.embedded import EmbeddedRedis
from core import errands
from core.actions import errands as life
from core.errands import errand
from core.errors import NotAllowed
from core.events import DomainEvent, StreamKey
from core.models import Errand, Event
from core.outages import redis_outage
from core.publish import record, record_each
from core.tasks import forget_old_errands, queue_due_errands, redis_client, run_errand
from tests.fixtures import capture_events, names, prove, refused
from tests.sockets import COMMITTED


@dataclass(frozen=True, kw_only=True)
class Followed(DomainEvent):
    """An event that has an errand."""

    thing_id: UUID


@dataclass(frozen=True, kw_only=True)
class Plain(DomainEvent):
    """An event that has none."""

    thing_id: UUID


class Work:
    """What the errand does: counts, and fails where a test wants it."""

    def __init__(self) -> None:
        self.done: list[int] = []
        self.failures: list[Exception] = []
        self.meanwhile: Callable[[], object] = lambda: None


work = Work()


@errand(Followed)
def follow(event: Event) -> None:
    """The errand of these tests."""
    work.meanwhile()
    if work.failures:
        raise work.failures.pop(0)
    work.done.append(event.pk)


@pytest.fixture(autouse=True)
def fresh_work() -> Iterator[None]:
    """Nothing done yet."""
    global work  # noqa: PLW0603 - the errand is registered for good
    work = Work()
    yield
    redis_outage.over()


def happen(system: User, kind: type[DomainEvent] = Followed) -> Event:
    """Record an event in a transaction."""
    with transaction.atomic():
        return record(kind(thing_id=uuid4()), stream=StreamKey("user", uuid4()), actor=system)  # type: ignore[call-arg]


def only() -> Errand:
    """The one errand that there is."""
    return Errand.objects.get(event__name="Followed")


def time_passes() -> None:
    """Whatever is waited for is over."""
    Errand.objects.waiting().update(due_at=timezone.now() - timedelta(seconds=1))


def queued() -> list[list[Any]]:
    """Arguments of the errands that wait in Redis for a worker, oldest first; taken out of it."""
    with redis_client() as client:
        waiting = [json.loads(text) for text in client.lrange("celery", 0, -1)]
        client.delete("celery")
    assert {row["headers"]["task"] for row in waiting} <= {"core.tasks.run_errand"}
    return [json.loads(b64decode(row["body"]))[0] for row in reversed(waiting)]


def work_off() -> None:
    """Do what a worker does with what is queued."""
    for errand_id, attempt in queued():
        run_errand(errand_id, attempt)


@pytest.mark.django_db
def test_errand_is_part_of_its_event(
    system: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    stream = StreamKey("user", uuid4())
    with django_assert_num_queries(1), transaction.atomic(savepoint=False):
        record(Plain(thing_id=uuid4()), stream=stream, actor=system)
    with django_assert_num_queries(2), transaction.atomic(savepoint=False):
        record(Followed(thing_id=uuid4()), stream=stream, actor=system)
    with transaction.atomic():
        record(Followed(thing_id=uuid4()), stream=stream, actor=system)
        transaction.set_rollback(True)
    assert (only().event.seq, only().name, only().status) == (
        2, "core.tests.test_errands.follow", "waiting",
    )  # fmt: skip
    assert str(only()) == f"Errand {only().pk}"


@pytest.mark.django_db
def test_each_stream_leaves_its_errand(system: User) -> None:
    streams = [StreamKey("user", uuid4()) for _ in range(2)]
    with transaction.atomic():
        record_each(Followed(thing_id=uuid4()), streams=streams, actor=system)
    assert Errand.objects.filter(event__name="Followed").count() == 2


@pytest.mark.django_db
def test_errand_is_queued_after_the_commit_and_done_once(
    system: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        event = happen(system)
    assert queued() == [[only().pk, 0]]
    run_errand(only().pk, 0)
    run_errand(only().pk, 0)  # delivered twice
    run_errand(only().pk, 1)
    assert work.done == [event.pk]
    assert (only().status, only().attempts, only().due_at) == ("done", 1, None)
    time_passes()
    queue_due_errands()
    assert queued() == []


@pytest.fixture
def own_redis(tmp_path: Path, settings: Settings) -> Iterator[EmbeddedRedis]:
    """A Redis that a test may kill, for publishing and for queueing."""
    server = EmbeddedRedis(tmp_path / "redis")
    settings.REDIS_URL = server.start()
    layer = settings.CHANNEL_LAYERS["default"]
    host = {**layer["CONFIG"]["hosts"][0], "address": settings.REDIS_URL}
    settings.CHANNEL_LAYERS = {"default": {**layer, "CONFIG": {**layer["CONFIG"], "hosts": [host]}}}
    celery: Any = app
    before = celery.conf.broker_url
    celery.conf.broker_url = settings.REDIS_URL
    celery.amqp._producer_pool = celery._pool = None
    yield server
    celery.conf.broker_url = before
    celery.amqp._producer_pool = celery._pool = None
    server.stop()


@COMMITTED
def test_redis_away_at_the_commit_loses_nothing(
    system: User, own_redis: EmbeddedRedis, caplog: pytest.LogCaptureFixture
) -> None:
    own_redis.kill()
    first, second = happen(system), happen(system)
    assert [r.getMessage().split(" (")[0] for r in caplog.records] == ["Redis is away"]
    own_redis.start()
    queue_due_errands()
    assert queued() == []  # each has 30 s to come by itself
    time_passes()
    queue_due_errands()
    queue_due_errands()  # not twice: they are on their way
    work_off()
    assert work.done == [first.pk, second.pk]


@pytest.mark.django_db
def test_process_that_dies_between_commit_and_queueing_loses_nothing(
    system: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks():  # and never called
        event = happen(system)
    assert queued() == []
    time_passes()
    with django_capture_on_commit_callbacks(execute=True):
        queue_due_errands()
    work_off()
    assert work.done == [event.pk]


@pytest.mark.django_db
def test_queue_that_was_emptied_loses_nothing(
    system: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    event = happen(system)
    for _ in range(3):
        time_passes()
        with django_capture_on_commit_callbacks(execute=True):
            queue_due_errands()
        waiting = queued()  # gone from Redis
    run_errand(*waiting[0])
    assert work.done == [event.pk]


@COMMITTED
def test_of_many_workers_one_does_it(system: User) -> None:
    happen(system)
    errand_id, together = only().pk, Barrier(4)

    def worker(_: int) -> None:
        try:
            together.wait(10)
            run_errand(errand_id, 0)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as workers:
        list(workers.map(worker, range(4)))
    assert (len(work.done), only().attempts) == (1, 1)


@COMMITTED
def test_of_many_sweeps_one_queues_it(system: User) -> None:
    for _ in range(5):
        happen(system)
    queued()
    time_passes()
    together = Barrier(3)

    def sweep(_: int) -> None:
        try:
            together.wait(10)
            queue_due_errands()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as workers:
        list(workers.map(sweep, range(3)))
    assert sorted(queued()) == [
        [pk, 0] for pk in Errand.objects.order_by("pk").values_list("pk", flat=True)
    ]


@pytest.mark.django_db
def test_worker_that_dies_leaves_it_to_another_one(system: User) -> None:
    happen(system)
    assert life.claim_errand(actor=system, errand_id=only().pk, attempt=0) is not None
    run_errand(only().pk, 0)  # Celery delivers again what was not acknowledged
    queue_due_errands()
    assert work.done == []
    lease = only().due_at
    assert lease is not None
    assert lease > timezone.now() + timedelta(seconds=120)  # longer than a task may take
    time_passes()
    run_errand(only().pk, 1)
    assert (len(work.done), only().attempts) == (1, 2)


@pytest.mark.django_db
def test_what_fails_is_tried_again_with_growing_pauses_and_then_given_up(
    system: User, caplog: pytest.LogCaptureFixture
) -> None:
    happen(system)
    pauses = []
    for attempt in range(life.MOST_ATTEMPTS):
        work.failures = [ConnectionRefusedError("lena@demo.test")]
        with capture_events() as events:
            run_errand(only().pk, attempt)
        due_at = only().due_at
        if due_at is not None:
            pauses.append(round((due_at - timezone.now()).total_seconds()))
    assert pauses[:5] == [15, 30, 60, 120, 240]
    assert set(pauses[9:]) == {3600}
    assert timedelta(hours=18) < timedelta(seconds=sum(pauses)) < timedelta(hours=30)
    assert names(events) == ["ErrandGivenUp"]
    assert (only().status, only().last_failure) == ("given up", "ConnectionRefusedError")
    assert caplog.records[0].getMessage().endswith("failed: ConnectionRefusedError")
    assert "lena@demo.test" not in caplog.text
    run_errand(only().pk, life.MOST_ATTEMPTS)
    assert work.done == []


@pytest.mark.django_db
def test_what_never_ends_is_given_up(
    system: User, caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:  # fmt: skip
    happen(system)
    Errand.objects.update(attempts=life.MOST_ATTEMPTS)
    with django_capture_on_commit_callbacks(execute=True):
        run_errand(only().pk, life.MOST_ATTEMPTS)
        run_errand(only().pk, life.MOST_ATTEMPTS)
    assert (only().status, only().last_failure, work.done) == ("given up", "NeverEnded", [])
    assert [r.getMessage() for r in caplog.records] == [f"Errand {only().pk} was given up."]


@pytest.mark.django_db
def test_faults_of_ours_are_told_with_their_traceback_and_tried_again(system: User) -> None:
    happen(system)
    work.failures = [KeyError("a fault")]
    with pytest.raises(KeyError):
        run_errand(only().pk, 0)
    Errand.objects.update(name="gone.with.an.older.version")
    with pytest.raises(errands.UnknownErrand):
        run_errand(only().pk, 1)
    assert (only().status, only().last_failure, only().attempts) == (
        "waiting", "UnknownErrand", 2,
    )  # fmt: skip


@pytest.mark.django_db
def test_database_that_dies_after_the_work_is_insisted_on(
    system: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was done is noted when PostgreSQL is back, so that it is not done again."""
    happen(system)
    finish, away = life.finish_errand, [OperationalError("away"), OperationalError("away")]

    def finish_later(**arguments: Any) -> None:
        if away:
            raise away.pop()
        finish(**arguments)

    monkeypatch.setattr(life, "finish_errand", finish_later)
    run_errand(only().pk, 0)
    assert (only().status, len(work.done), away) == ("done", 1, [])
    monkeypatch.setattr(errands, "INSIST_SECONDS", 0.0)
    with pytest.raises(OperationalError):
        errands.insist(_away)


def _away() -> None:
    raise OperationalError("away for long")


@pytest.mark.django_db
def test_who_is_overtaken_changes_nothing_of_who_came_after(system: User) -> None:
    happen(system)
    slow = life.claim_errand(actor=system, errand_id=only().pk, attempt=0)
    assert slow is not None
    time_passes()
    quick = life.claim_errand(actor=system, errand_id=only().pk, attempt=1)
    assert quick is not None
    life.fail_errand(actor=system, errand=slow, failure="TooLate")
    assert only().last_failure == ""
    life.finish_errand(actor=system, errand=slow)  # it is done, whoever did it
    life.fail_errand(actor=system, errand=quick, failure="TooLate")
    assert (only().status, only().last_failure) == ("done", "")


@pytest.mark.django_db
def test_old_errands_are_forgotten(system: User) -> None:
    now, days = timezone.now(), timedelta(days=1)
    for done, due, made in (
        (now - 8 * days, None, now - 8 * days),
        (now - 6 * days, None, now - 9 * days),
        (None, None, now - 91 * days),
        (None, None, now - 89 * days),
        (None, now, now - 91 * days),
    ):
        errand = Errand.objects.get(event=happen(system))
        Errand.objects.filter(pk=errand.pk).update(done_at=done, due_at=due, created_at=made)
    forget_old_errands()
    left = Errand.objects.order_by("pk")
    assert [each.status for each in left] == ["done", "given up", "waiting"]


@pytest.mark.django_db
def test_only_the_system_works(system: User, consultant: User) -> None:
    happen(system)
    for action, arguments in (
        (life.queue_due_errands, {}),
        (life.claim_errand, {"errand_id": only().pk, "attempt": 0}),
        (life.finish_errand, {"errand": only()}),
        (life.fail_errand, {"errand": only(), "failure": "None"}),
        (life.try_errand_again, {"errand": only()}),
        (life.forget_old_errands, {}),
    ):
        with refused(NotAllowed):
            action(actor=consultant, **arguments)


@pytest.mark.django_db
def test_staff_try_again_what_was_given_up(
    system: User, staff: User, client: Client,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:  # fmt: skip
    event = happen(system)
    client.force_login(staff)
    prove(client, staff, is_in_admin=True)
    page = "/admin/core/errand/"
    form = {"action": "try_again", "_selected_action": [only().pk]}
    html = client.post(page, form, follow=True).content.decode()
    assert "is done, or is going to be tried again by itself" in html
    Errand.objects.update(due_at=None, attempts=30, last_failure="SMTPServerDisconnected")
    for status, is_there in (("given_up", True), ("waiting", False), ("", True)):
        html = client.get(page, {"status": status} if status else {}).content.decode()
        assert ("SMTPServerDisconnected" in html) is is_there
    with django_capture_on_commit_callbacks(execute=True), capture_events() as events:
        html = client.post(page, form, follow=True).content.decode()
    assert "1 tried again." in html
    assert names(events) == ["ErrandTriedAgain"]
    work_off()
    assert work.done == [event.pk]


def test_every_process_knows_what_follows() -> None:
    assert errands.following("InvitationMade") == ["rooms.tasks.mail_invitation"]
    assert errands.following("NewDeviceSeen") == ["accounts.tasks.mail_new_device"]
    assert errands.following("MessageSent") == ()


@COMMITTED
def test_what_broke_its_connection_is_noted_by_another_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where PostgreSQL is killed while an errand asks it something."""
    monkeypatch.setattr(errands, "INSIST_SECONDS", 2.0)
    with pytest.raises(OperationalError), connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    @transaction.atomic
    def note() -> bool:
        return Errand.objects.exists()

    assert errands.insist(note) is False
