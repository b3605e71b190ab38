"""How often is counted in Redis, and what whoever does something too often is told."""

import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings
from redis.exceptions import RedisError
from rest_framework.test import APIClient

from accounts.actions.tokens import create_api_token
from accounts.models import User
from accounts.models.token import Scope
from consultsuite import settings as project
from consultsuite.asgi import application
from core import limits, presence
from core.database import in_database
from core.errors import RateLimited
from core.floods import FULL_RETRY_SECONDS, SETTLED_AT_ONCE
from core.limits import parse, spend
from messaging.models import Message
from rooms.models import Room
from tests.sockets import COMMITTED, SECONDS, OpenSocket, Socket, sent

NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def rates(settings: Settings) -> Callable[..., None]:
    """`rates(message="2/m")` sets limits per person; a dictionary names others."""

    def change(**changed: Any) -> None:
        settings.RATE_LIMITS = project.RATE_LIMITS | {
            name: rate if isinstance(rate, dict) else {"person": rate}
            for name, rate in changed.items()
        }

    return change


@pytest.fixture(autouse=True)
def forgotten() -> None:
    """Nobody remembers that Redis was away in the test before."""
    limits._paused_until = 0.0


@pytest.fixture
def without_redis(settings: Settings, forgotten: None) -> None:
    """Redis is away for those who count."""
    settings.REDIS_URL = NOWHERE


# Counting -----------------------------------------------------------------------------------


def test_person_and_address_are_counted_in_one_round_trip(
    rates: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates(message={"person": "120/m", "address": "1200/m"})
    address = "192.0.2.7"
    spend("message", person=uuid4(), address=address)  # the script is there from now on
    client: Any = limits._counters(project.REDIS_URL).get_connection()
    execute, asked = client.execute_command, []

    def counted(*command: Any, **options: Any) -> Any:
        asked.append(command[0])
        return execute(*command, **options)

    monkeypatch.setattr(client, "execute_command", counted)
    spend("message", person=uuid4(), address=address)
    assert asked == ["EVALSHA"]


def test_each_of_several_counters_refuses(rates: Any) -> None:
    rates(message={"person": "101/m", "address": "103/m"})
    person, others = uuid4(), [uuid4(), uuid4(), uuid4()]
    spend("message", person=person, address="192.0.2.8", cost=101)
    with pytest.raises(RateLimited):
        spend("message", person=person, address="192.0.2.9")
    with pytest.raises(RateLimited):
        spend("message", person=others[0], address="192.0.2.8", cost=4)
    spend("message", person=others[0], address="192.0.2.10", cost=98)  # which cost nothing before
    spend("message", person=others[0], address="192.0.2.8")
    spend("message", person=others[1], address="192.0.2.8")
    with pytest.raises(RateLimited):
        spend("message", person=others[2], address="192.0.2.8")
    spend("message", person=others[2], address="192.0.2.10")


def test_each_person_and_each_address_is_counted_alone(rates: Any) -> None:
    rates(search={"person": "2/m", "address": "3/m"})
    ada, bob = uuid4(), uuid4()
    for _ in range(2):
        spend("search", person=ada, address="203.0.113.1")
    with pytest.raises(RateLimited):
        spend("search", person=ada, address="203.0.113.1")
    # The refused one counted for the address: it is full as well.
    with pytest.raises(RateLimited):
        spend("search", person=bob, address="203.0.113.1")
    spend("search", person=bob, address="203.0.113.2")
    spend("search", person=bob)
    spend("message", person=ada)


def test_neighbours_in_ipv6_are_one(rates: Any) -> None:
    rates(report={"address": "1/m"})
    spend("report", address="2001:db8:1:1::1")
    with pytest.raises(RateLimited):
        spend("report", address="2001:db8:1:1:ffff::2")
    spend("report", address="2001:db8:1:2::1")


@pytest.mark.parametrize("number", [3, limits.EXACT_UP_TO + 1])
def test_says_when_to_come_back_and_means_it(rates: Any, number: int) -> None:
    rates(search=f"{number}/2s")
    person = uuid4()
    spend("search", person=person, cost=number)
    with pytest.raises(RateLimited) as refused:
        spend("search", person=person)
    assert 1 <= refused.value.retry_after <= 2
    time.sleep(refused.value.retry_after)
    spend("search", person=person)


def test_a_window_that_began_this_millisecond_lasts_its_time(rates: Any) -> None:
    rates(search="101/2s")
    person = uuid4()
    spend("search", person=person, cost=101)
    client: Any = limits._counters(project.REDIS_URL).get_connection()
    (key,) = client.scan_iter(match=f"*{person}*", count=100_000)
    client.pexpire(key, 4_500)  # what a clock that stands still would show, and some
    with pytest.raises(RateLimited) as refused:
        spend("search", person=person)
    assert refused.value.retry_after == 2


def test_refused_attempts_do_not_make_one_wait_longer(rates: Any) -> None:
    rates(search="1/2s")
    person = uuid4()
    spend("search", person=person)
    end = time.monotonic() + 1.2
    while time.monotonic() < end:
        with pytest.raises(RateLimited):
            spend("search", person=person)
    time.sleep(1)
    spend("search", person=person)


def test_a_cost_counts_as_much(rates: Any) -> None:
    rates(frame="10/m")
    person = uuid4()
    spend("frame", person=person, cost=9)
    with pytest.raises(RateLimited):
        spend("frame", person=person, cost=2)
    spend("frame", person=person)


def test_none_of_them_with_factor_0(rates: Any, settings: Settings) -> None:
    rates(search="1/m")
    settings.RATE_LIMIT_FACTOR = 0.0
    for _ in range(5):
        spend("search", person="somebody")


@pytest.mark.parametrize(
    ("rate", "amount", "seconds"),
    [("30/m", 30, 60), ("5/10m", 5, 600), ("1/s", 1, 1), ("20/h", 20, 3600), ("2/d", 2, 86_400)],
)
def test_rates(rate: str, amount: int, seconds: int) -> None:
    assert (parse(rate).amount, parse(rate).get_expiry()) == (amount, seconds)


@pytest.mark.parametrize(
    ("seconds", "when"),
    [
        (1, "in 1 second"),
        (59, "in 59 seconds"),
        (90, "in 90 seconds"),
        (91, "in 2 minutes"),
        (3600, "in 60 minutes"),
        (3 * 3600, "in 3 hours"),
    ],
)
def test_when(seconds: int, when: str) -> None:
    assert str(RateLimited(seconds)) == f"That was too often. Try again {when}."


def test_every_rate_of_the_table_can_be_read() -> None:
    for rates in project.RATE_LIMITS.values():
        assert set(rates) <= {"person", "address"}
        for rate in rates.values():
            assert parse(rate).amount >= 1
    assert project.RATE_LIMITS.keys() >= project.RATE_LIMITS_THAT_CLOSE


# Without Redis ------------------------------------------------------------------------------


@pytest.mark.usefixtures("without_redis")
class TestWithoutRedis:
    @pytest.mark.parametrize("name", sorted(project.RATE_LIMITS))
    def test_work_goes_on_and_guessing_does_not(self, name: str) -> None:
        if name in project.RATE_LIMITS_THAT_CLOSE:
            with pytest.raises((RedisError, OSError)):
                spend(name, person=uuid4(), address="203.0.113.1")
        else:
            spend(name, person=uuid4(), address="203.0.113.1")

    def test_redis_is_asked_again_after_a_moment(self, settings: Settings, rates: Any) -> None:
        rates(message="1/m")
        person = uuid4()
        spend("message", person=person)
        settings.REDIS_URL = project.REDIS_URL
        limits._paused_until = time.monotonic()
        spend("message", person=person)
        with pytest.raises(RateLimited):
            spend("message", person=person)

    def test_a_redis_that_hangs_makes_one_wait_only_once(self) -> None:
        spend("message", person="somebody")
        began = time.monotonic()
        for _ in range(1000):
            spend("message", person="somebody")
        assert time.monotonic() - began < 0.5


# What people are told -----------------------------------------------------------------------


@pytest.mark.django_db
class TestPages:
    def test_a_page_says_when(self, client: Client, client_user: User, rates: Any) -> None:
        rates(search="1/m")
        client.force_login(client_user, backend="django.contrib.auth.backends.ModelBackend")
        url = reverse("rooms:list")
        assert client.get(url, {"q": "words"}).status_code == 200
        answer = client.get(url, {"q": "words"})
        assert answer.status_code == 429
        assert 55 <= int(answer["Retry-After"]) <= 60
        html = answer.content.decode()
        assert "That was too often" in html
        assert f"try again in {answer['Retry-After']} seconds" in html
        # Looking without words is no search.
        assert client.get(url).status_code == 200

    def test_htmx_gets_a_problem(self, client: Client, client_user: User, rates: Any) -> None:
        rates(search="1/m")
        client.force_login(client_user, backend="django.contrib.auth.backends.ModelBackend")
        url, headers = f"{reverse('go')}?q=x", {"HX-Request": "true"}
        assert client.get(url, headers=headers).status_code == 200
        answer = client.get(url, headers=headers)
        assert (answer.status_code, answer["Content-Type"]) == (429, "application/problem+json")
        assert int(answer["Retry-After"]) > 50
        assert answer.json()["detail"].startswith("That was too often. Try again in ")

    def test_message_by_the_form(
        self, client: Client, client_user: User, room: Room, rates: Any
    ) -> None:
        rates(message="1/m")
        client.force_login(client_user, backend="django.contrib.auth.backends.ModelBackend")
        url = reverse("messaging:messages", args=[room.conversation_id])
        assert client.post(url, {"body": "one"}).status_code == 302
        assert client.post(url, {"body": "two"}).status_code == 429
        message = Message.objects.get(author=client_user)
        edit = reverse("messaging:edit", args=[message.pk])
        assert client.post(edit, {"body": "three"}).status_code == 429
        message.refresh_from_db()
        assert message.body == "one"

    def test_allauths_limits_are_answered_alike(
        self, client: Client, settings: Settings, db: None
    ) -> None:
        settings.ACCOUNT_RATE_LIMITS = {"login": "1/m/ip"}
        url = reverse("account_login")
        fields = {"login": "nobody@demo.test", "password": "whatever it is"}
        assert client.post(url, fields).status_code == 200
        answer = client.post(url, fields)
        assert answer.status_code == 429
        assert int(answer["Retry-After"]) in range(55, 61)
        assert 'value="nobody@demo.test"' in answer.content.decode()  # the form stays


@pytest.mark.django_db
class TestApi:
    def test_a_person_everywhere(self, client_user: User, consultant: User, rates: Any) -> None:
        rates(api={"person": "2/m", "address": "100/m"})
        api = APIClient()
        api.force_authenticate(client_user)
        url = reverse("api:rooms")
        assert [api.get(url).status_code for _ in range(2)] == [200, 200]
        answer = api.get(reverse("api:conversations"))
        assert answer.status_code == 429
        assert answer["Content-Type"] == "application/problem+json"
        assert int(answer["Retry-After"]) > 50
        assert answer.json() == {
            "type": "urn:consultsuite:rate_limited",
            "title": "Too many requests",
            "status": 429,
            "detail": f"That was too often. Try again in {answer['Retry-After']} seconds.",
            "errors": {},
        }
        api.force_authenticate(consultant)
        assert api.get(url).status_code == 200

    def test_who_is_not_signed_in_is_counted_by_address(self, db: None, rates: Any) -> None:
        rates(api={"person": "100/m", "address": "3/m"})
        api = APIClient()
        assert api.get(reverse("api:rooms")).status_code == 401
        api.credentials(HTTP_AUTHORIZATION="Token guessed")
        assert api.get(reverse("api:rooms")).status_code == 401
        assert api.post(reverse("api:signin"), {}).status_code == 400
        for url in ("api:rooms", "api:schema"):
            assert api.get(reverse(url)).status_code == 429
        api.credentials()
        assert api.post(reverse("api:signin"), {}).status_code == 429
        assert api.get(reverse("api:rooms"), REMOTE_ADDR="203.0.113.7").status_code == 401

    def test_an_address_where_nothing_is(self, db: None, rates: Any) -> None:
        rates(api={"person": "100/m", "address": "2/m"})
        api = APIClient()
        assert [api.get("/api/nothing/").status_code for _ in range(2)] == [404, 404]
        answer = api.post("/api/nothing/either/")
        assert (answer.status_code, answer["Content-Type"]) == (429, "application/problem+json")
        assert int(answer["Retry-After"]) > 50

    def test_a_token_that_may_only_read_and_writes(
        self, client_user: User, consultant: User, rates: Any
    ) -> None:
        rates(api={"person": "2/m", "address": "1/m"})
        token, _ = create_api_token(
            actor=client_user, user=client_user, scope=Scope.READ, name="A script"
        )
        api = APIClient()
        api.credentials(HTTP_AUTHORIZATION=f"Token {token}")
        url = reverse("api:rooms")
        assert [api.post(url, {}).status_code for _ in range(2)] == [403, 403]
        assert api.post(url, {}).status_code == 429
        assert api.get(url).status_code == 429
        api = APIClient()
        api.force_authenticate(consultant)
        assert api.get(url).status_code == 200

    def test_messages_are_counted_with_those_of_the_page_alone(
        self, client_user: User, room: Room, rates: Any
    ) -> None:
        rates(message="1/m", api={"person": "1/m"})
        api = APIClient()
        api.force_authenticate(client_user)
        url = reverse("api:conversation-messages", args=[room.conversation_id])
        assert api.post(url, {"body": "one"}).status_code == 201
        assert api.post(url, {"body": "two"}).status_code == 429
        assert api.get(url).status_code == 200
        message = Message.objects.get(author=client_user)
        change = reverse("api:message", args=[message.pk])
        assert api.patch(change, {"body": "three"}).status_code == 429


@COMMITTED
async def test_a_message_by_the_socket(
    client_user: User, room: Room, open_socket: OpenSocket, rates: Any
) -> None:
    rates(message="1/m")
    socket = await open_socket(client_user)
    await sent(socket, room, "one")
    reference = str(uuid4())
    await socket.say(
        "message.send", id=reference, conversation=str(room.conversation_id), body="two"
    )
    error = await socket.until("error", id=reference)
    assert error.pop("retry_after") in range(50, 61)
    assert error["code"] == "rate_limited"
    assert error["detail"].startswith("That was too often. Try again in ")
    # The socket itself goes on.
    assert await socket.settled() == []


# Sockets ------------------------------------------------------------------------------------


async def turned_away(protocols: list[str]) -> dict[str, Any]:
    """The error that a new socket gets before it is closed with 1008."""
    socket = Socket(application, "/ws/", subprotocols=protocols)
    assert (await socket.connect(SECONDS))[0]
    error = await socket.next()
    assert await socket.next() == {"type": "closed", "code": 1008}
    await socket.wait(SECONDS)
    assert (error["type"], error["code"]) == ("error", "rate_limited")
    return error


@COMMITTED
class TestSockets:
    async def test_a_person_opens_so_many_a_minute(
        self, client_user: User, consultant: User, open_socket: OpenSocket, rates: Any
    ) -> None:
        rates(socket={"person": "1/m"})
        first = await open_socket(client_user)
        error = await turned_away([*(first.scope["subprotocols"] or ())])
        assert error["retry_after"] > 50
        await open_socket(consultant)
        assert await first.settled() == []

    async def test_an_address_tries_so_many_a_minute(
        self, client_user: User, open_socket: OpenSocket, rates: Any
    ) -> None:
        rates(socket={"address": "2/m"})
        for _ in range(2):
            stranger = Socket(application, "/ws/", subprotocols=["token.guess"])
            stranger.scope["client"] = ("203.0.113.9", 1)
            await stranger.connect(SECONDS)
            assert await stranger.next() == {"type": "closed", "code": 4401}
            await stranger.wait(SECONDS)
        guess = Socket(application, "/ws/", subprotocols=["token.guess"])
        guess.scope["client"] = ("203.0.113.9", 2)
        await guess.connect(SECONDS)
        assert (await guess.next())["code"] == "rate_limited"
        assert await guess.next() == {"type": "closed", "code": 1008}
        await guess.wait(SECONDS)
        await open_socket(client_user)

    async def test_so_many_are_open_at_once(
        self, client_user: User, open_socket: OpenSocket, settings: Settings
    ) -> None:
        settings.SOCKETS_AT_ONCE = {"person": 2, "address": 100}
        first = await open_socket(client_user)
        await open_socket(client_user)
        protocols = [*(first.scope["subprotocols"] or ())]
        error = await turned_away(protocols)
        assert error["retry_after"] == FULL_RETRY_SECONDS
        # Those who were turned away do not count; who leaves makes room.
        await first.disconnect(timeout=SECONDS)
        third = Socket(application, "/ws/", subprotocols=protocols)
        assert (await third.connect(SECONDS))[0]
        assert await third.settled() == []
        await third.disconnect(timeout=SECONDS)

    async def test_so_many_of_an_address(
        self, client_user: User, consultant: User, open_socket: OpenSocket, settings: Settings
    ) -> None:
        settings.SOCKETS_AT_ONCE = {"person": 10, "address": 1}
        token, _ = await in_database(create_api_token, actor=consultant, user=consultant)
        await open_socket(client_user)
        await turned_away([f"token.{token}"])

    async def test_a_dead_process_takes_no_place_for_long(
        self, client_user: User, open_socket: OpenSocket, settings: Settings
    ) -> None:
        settings.SOCKETS_AT_ONCE = {"person": 1, "address": 100}
        place = f"sockets:person:{client_user.pk}"
        presence._client().zadd(place, {"died": time.time() - 1})
        await open_socket(client_user)

    async def test_frames_count_over_all_sockets(
        self, client_user: User, open_socket: OpenSocket, rates: Any
    ) -> None:
        rates(frame=f"{SETTLED_AT_ONCE * 2}/m")
        first, second = await open_socket(client_user), await open_socket(client_user)
        for socket in (first, second):  # each has said one already
            for _ in range(SETTLED_AT_ONCE - 1):
                assert await socket.settled() == []
        for _ in range(SETTLED_AT_ONCE - 1):
            assert await second.settled() == []
        await second.say("ping")
        error = await second.next()
        assert (error["code"], error["retry_after"] > 1) == ("rate_limited", True)
        assert await second.next() == {"type": "closed", "code": 1008}
        assert await first.settled() == []

    async def test_without_redis_sockets_open_and_speak(
        self, client_user: User, open_socket: OpenSocket, settings: Settings
    ) -> None:
        settings.REDIS_URL = NOWHERE
        presence._made.cache_clear()
        try:
            socket = await open_socket(client_user)
            for _ in range(SETTLED_AT_ONCE + 1):
                assert await socket.settled() == []
        finally:
            presence._made.cache_clear()
            settings.REDIS_URL = project.REDIS_URL
