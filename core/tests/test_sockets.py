"""Who may connect to `/ws/`, and when that ends, over the whole application."""

from typing import Any
from uuid import uuid4

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.test import Client
from pytest_django import Settings

from accounts.actions.people import deactivate_person
from accounts.actions.sessions import end_session
from accounts.actions.tokens import create_api_token, revoke_token
from accounts.models import ApiToken, Scope, User
from consultsuite.asgi import application
from core.database import in_database
from core.hub import hub
from core.sockets import frame_types
from rooms.models import Room, Visit
from tests.sockets import COMMITTED, SECONDS, OpenSocket, Socket

pytestmark = COMMITTED


@pytest.fixture
def signed_in(client_user: User) -> Client:
    """A browser with a session of the client."""
    browser = Client()
    browser.force_login(client_user, backend="django.contrib.auth.backends.ModelBackend")
    browser.get("/profile/")
    assert browser.session[SESSION_KEY] == str(client_user.pk)
    return browser


def cookie(browser: Client, origin: str = "http://testserver") -> dict[str, Any]:
    """The headers of a page's socket."""
    value = browser.session.session_key
    text = f"theme=suite-dark; {settings.SESSION_COOKIE_NAME}={value}"
    return {"headers": [(b"cookie", text.encode()), (b"origin", origin.encode())]}


# Who may connect ----------------------------------------------------------------------------


async def test_session_opens_a_socket(signed_in: Client, open_socket: OpenSocket) -> None:
    socket = await open_socket(**cookie(signed_in))
    await socket.say("ping")
    assert await socket.next() == {"type": "pong"}


async def test_token_is_answered_as_subprotocol(client_user: User, open_socket: OpenSocket) -> None:
    socket = await open_socket(client_user)
    (protocol,) = socket.scope["subprotocols"] or ()
    again = Socket(application, "/ws/", subprotocols=["other", protocol])
    assert await again.connect(SECONDS) == (True, protocol)
    await again.disconnect()


@pytest.mark.parametrize(
    "options",
    [
        {"subprotocols": ["token.0123456789abcdef"]},
        {"subprotocols": ["token."]},
        {"subprotocols": ["token.not hex at all"]},
        {"headers": [(b"origin", b"http://testserver")]},
        {"headers": [(b"origin", b"http://testserver"), (b"cookie", b"sessionid=unknown")]},
        {"headers": [(b"origin", b"http://testserver"), (b"cookie", b"\xff;=;sessionid")]},
        # Unquoted it holds a character that PostgreSQL takes in no text.
        {
            "headers": [
                (b"origin", b"http://testserver"),
                (b"cookie", b'sessionid="\\000aaaaaaaaaaa"'),
            ]
        },
    ],
)
async def test_stranger_is_closed_with_4401(db: None, options: dict[str, Any]) -> None:
    socket = Socket(application, "/ws/", **options)
    is_accepted, _ = await socket.connect(SECONDS)
    assert is_accepted  # only an accepted socket can tell the browser why
    assert await socket.next() == {"type": "closed", "code": 4401}
    await socket.wait(SECONDS)


@pytest.mark.parametrize(
    ("host", "scheme", "public", "origin"),
    [
        ("localhost:8000", "ws", "http://127.0.0.1:8000", "http://localhost:8000"),
        ("127.0.0.1:8000", "ws", "http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("[::1]:8000", "ws", "http://127.0.0.1:8000", "http://[::1]:8000"),
        ("testserver", "wss", "https://example.org", "https://testserver"),
        # The proxy ends TLS, and passes on neither scheme nor host.
        ("inside:8000", "ws", "https://example.org", "https://example.org"),
    ],
)
async def test_own_pages_open_sockets(
    signed_in: Client, settings: Settings, host: str, scheme: str, public: str, origin: str
) -> None:
    settings.PUBLIC_URL = public
    options = cookie(signed_in, origin)
    options["headers"].append((b"host", host.encode()))
    socket = Socket(application, "/ws/", **options)
    socket.scope["scheme"] = scheme
    assert (await socket.connect(SECONDS))[0]
    assert await socket.settled() == []
    await socket.disconnect()


@pytest.mark.parametrize(
    ("host", "scheme", "origin"),
    [
        ("testserver", "ws", "https://testserver"),
        ("testserver", "wss", "http://testserver"),
        ("testserver", "ws", "http://testserver:8080"),
        ("testserver:8000", "ws", "http://testserver"),
        ("testserver", "ws", "http://localhost"),
        ("testserver", "ws", "http://testserver.evil.example"),
        ("testserver", "wss", "https://sub.example.org"),
        ("testserver", "ws", "http://example.org"),
        ("evil.example", "ws", "http://evil.example"),
        ("", "ws", "http://"),
        ("testserver", "ws", ""),
    ],
)
async def test_a_neighbours_page_opens_none(
    signed_in: Client, settings: Settings, host: str, scheme: str, origin: str
) -> None:
    settings.PUBLIC_URL = "https://example.org"
    options = cookie(signed_in, origin)
    options["headers"].append((b"host", host.encode()))
    socket = Socket(application, "/ws/", **options)
    socket.scope["scheme"] = scheme
    assert (await socket.connect(SECONDS))[0] is False
    await socket.disconnect()


async def test_a_program_with_a_token_needs_no_origin(
    client_user: User, open_socket: OpenSocket, settings: Settings
) -> None:
    settings.PUBLIC_URL = "https://example.org"
    assert await (await open_socket(client_user)).settled() == []


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", ""])
async def test_other_origin_is_refused(signed_in: Client, origin: str) -> None:
    socket = Socket(application, "/ws/", **cookie(signed_in, origin))
    assert (await socket.connect(SECONDS))[0] is False
    await socket.disconnect()


async def test_deactivated_person_is_closed(client_user: User, open_socket: OpenSocket) -> None:
    socket = await open_socket(client_user)
    await in_database(User.objects.filter(pk=client_user.pk).update, is_active=False)
    await socket.say("subscribe", stream=f"user:{client_user.pk}")
    assert (await socket.next())["code"] == "signed_out"
    assert await socket.next() == {"type": "closed", "code": 4401}


async def test_deactivation_ends_every_socket_of_the_person_at_once(
    signed_in: Client,
    client_user: User,
    consultant: User,
    system: User,
    room: Room,
    open_socket: OpenSocket,
) -> None:
    listening, silent = await open_socket(client_user), await open_socket(**cookie(signed_in))
    following_themselves, other = await open_socket(client_user), await open_socket(consultant)
    await listening.follow(room.conversation.stream)
    await following_themselves.follow(client_user.stream)
    await other.follow(room.conversation.stream)
    await in_database(deactivate_person, actor=system, user=client_user)
    for socket in (listening, silent, following_themselves):
        assert (await socket.until("error"))["code"] == "signed_out"
        assert await socket.next() == {"type": "closed", "code": 4401}
    assert "closed" not in {frame["type"] for frame in await other.settled()}


async def test_one_who_stops_following_themselves_is_still_ended(
    client_user: User, system: User, open_socket: OpenSocket
) -> None:
    socket = await open_socket(client_user)
    await socket.follow(client_user.stream)
    await socket.say("unsubscribe", stream=str(client_user.stream))
    await socket.until("unsubscribed")
    await (await open_socket(client_user)).disconnect()
    await in_database(deactivate_person, actor=system, user=client_user)
    assert (await socket.until("error"))["code"] == "signed_out"
    assert await socket.next() == {"type": "closed", "code": 4401}


# Signed out elsewhere -----------------------------------------------------------------------


async def test_an_ended_session_closes_its_sockets_at_once_and_no_other(
    signed_in: Client, client_user: User, consultant: User, room: Room, open_socket: OpenSocket
) -> None:
    browser = await in_database(_signed_in_again, client_user)
    first, second = await open_socket(**cookie(signed_in)), await open_socket(**cookie(signed_in))
    elsewhere, by_token = await open_socket(**cookie(browser)), await open_socket(client_user)
    await first.follow(client_user.stream)
    row = await in_database(UserSession.objects.get, session_key=signed_in.session.session_key)
    await in_database(end_session, actor=client_user, session=row)
    for socket in (first, second):
        assert (await socket.until("error"))["code"] == "signed_out"
        assert await socket.next() == {"type": "closed", "code": 4401}
    for socket in (elsewhere, by_token):
        assert await socket.settled() == []
    await in_database(browser.post, "/accounts/logout/")
    assert (await elsewhere.until("error"))["code"] == "signed_out"
    assert await by_token.settled() == []


async def test_a_revoked_token_closes_its_sockets_at_once_and_no_other(
    client_user: User, signed_in: Client, open_socket: OpenSocket
) -> None:
    token, row = await in_database(create_api_token, actor=client_user, user=client_user)
    with_it = await open_socket(subprotocols=[f"token.{token}"])
    others = await open_socket(client_user), await open_socket(**cookie(signed_in))
    await in_database(revoke_token, actor=client_user, token=row)
    assert (await with_it.until("error"))["code"] == "signed_out"
    assert await with_it.next() == {"type": "closed", "code": 4401}
    for socket in others:
        assert await socket.settled() == []


async def test_a_token_that_may_read_follows_and_says_nothing(
    client_user: User, room: Room, open_socket: OpenSocket
) -> None:
    token, _ = await in_database(
        create_api_token, actor=client_user, user=client_user, scope=Scope.READ
    )
    socket = await open_socket(subprotocols=[f"token.{token}"])
    await socket.follow(room.conversation.stream)
    await socket.say("presence", state="away")
    await socket.settled()
    reading = {"subscribe", "unsubscribe", "presence", "presence.watch", "ping"}
    refused = frame_types() - reading
    assert refused >= {"message.send", "typing", "signal"}
    for frame_type in sorted(refused):
        await socket.say(
            frame_type,
            id="1",
            conversation=str(room.conversation_id),
            body="Hi",
            client_id=f"user:{uuid4()}",
        )
        answer = await socket.until("error")
        assert (answer["id"], answer["code"]) == ("1", "read_only_token")
    await socket.say("unsubscribe", stream=str(room.conversation.stream))
    await socket.until("unsubscribed")


async def test_nor_does_it_come_into_a_room(
    client_user: User, room: Room, open_socket: OpenSocket
) -> None:
    token, _ = await in_database(
        create_api_token, actor=client_user, user=client_user, scope=Scope.READ
    )
    socket = await open_socket(subprotocols=[f"token.{token}"])
    await socket.follow(room.stream)
    await socket.settled()
    assert not await in_database(Visit.objects.exists)
    writing = await open_socket(client_user)
    await writing.follow(room.stream)
    await writing.settled()
    assert await in_database(Visit.objects.count) == 1


async def test_staff_without_the_second_factor_they_need_open_none(
    signed_in: Client, client_user: User, settings: Settings, open_socket: OpenSocket
) -> None:
    settings.STAFF_MFA_REQUIRED = True
    open_before = await open_socket(**cookie(signed_in))
    await in_database(User.objects.filter(pk=client_user.pk).update, is_staff=True)
    await open_before.say("ping")
    assert await open_before.next() == {"type": "pong"}
    await open_before.say("presence", state="away")
    assert (await open_before.next())["code"] == "signed_out"
    assert await open_before.next() == {"type": "closed", "code": 4401}
    socket = Socket(application, "/ws/", **cookie(signed_in))
    await socket.connect(SECONDS)
    assert await socket.next() == {"type": "closed", "code": 4401}
    await socket.wait(SECONDS)


def _signed_in_again(user: User) -> Client:
    browser = Client()
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    browser.get("/profile/")
    return browser


async def test_sign_out_elsewhere_ends_at_the_next_frame(
    signed_in: Client, open_socket: OpenSocket
) -> None:
    socket = await open_socket(**cookie(signed_in))
    await in_database(signed_in.session.flush)
    await socket.say("presence", state="away")
    assert await socket.next() == {
        "type": "error",
        "code": "signed_out",
        "detail": "Sign in again.",
    }
    assert await socket.next() == {"type": "closed", "code": 4401}
    await socket.say("ping")
    assert await socket.receive_nothing()


async def test_sign_out_elsewhere_ends_at_the_heartbeat(
    signed_in: Client, client_user: User, consultant: User, open_socket: OpenSocket
) -> None:
    by_session = await open_socket(**cookie(signed_in))
    by_token = await open_socket(client_user)
    untouched = await open_socket(consultant)
    await in_database(signed_in.session.flush)
    await in_database(ApiToken.objects.filter(user=client_user).delete)
    await hub().beat()
    for socket in (by_session, by_token):
        assert (await socket.until("error"))["code"] == "signed_out"
        assert await socket.next() == {"type": "closed", "code": 4401}
    assert await untouched.settled() == [{"type": "heads", "streams": {}}]


async def test_changed_password_ends_silent_listeners_at_the_heartbeat(
    signed_in: Client, client_user: User, open_socket: OpenSocket
) -> None:
    socket = await open_socket(**cookie(signed_in))
    with_token = await open_socket(client_user)
    await hub().beat()
    assert await socket.settled() == [{"type": "heads", "streams": {}}]
    client_user.set_password("another fine sentence")
    await in_database(client_user.save)
    await hub().beat()
    assert (await socket.until("error"))["code"] == "signed_out"
    assert await socket.next() == {"type": "closed", "code": 4401}
    await with_token.say("ping")  # a token is its own secret
    await with_token.until("pong")


async def test_heartbeat_keeps_the_session_that_changed_the_password(
    signed_in: Client, client_user: User, open_socket: OpenSocket
) -> None:
    client_user.set_password("another fine sentence")
    await in_database(client_user.save)
    await in_database(signed_in.force_login, client_user)
    socket = await open_socket(**cookie(signed_in))
    await hub().beat()
    assert await socket.settled() == [{"type": "heads", "streams": {}}]


async def test_changed_password_ends_the_session(
    signed_in: Client, client_user: User, open_socket: OpenSocket
) -> None:
    socket = await open_socket(**cookie(signed_in))
    client_user.set_password("another one")
    await in_database(client_user.save)
    await socket.say("presence", state="away")
    assert (await socket.next())["code"] == "signed_out"
    assert await socket.next() == {"type": "closed", "code": 4401}
