"""Where people are signed in, and signing out there: actions, pages, and what is kept."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts import middleware
from accounts.actions.sessions import (
    end_other_sessions,
    end_session,
    forget_ended_sessions,
    note_session_seen,
)
from accounts.actions.tokens import create_api_token
from accounts.models import User
from accounts.queries import ended_sessions, sessions_of
from accounts.tasks import forget_ended_sessions as forget_ended_sessions_task
from core.context import session_digest
from core.errors import NotAllowed
from tests.fixtures import PASSWORD, capture_events, names, refused

SESSIONS = "/profile/sessions/"
WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/156.0.0.0 Safari/537.36"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
)

SignIn = Callable[..., Client]


@pytest.fixture
def sign_in() -> SignIn:
    """`sign_in(user, user_agent, address)`: a browser that signed in by the form."""

    def browser(user: User, user_agent: str = WINDOWS, address: str = "192.0.2.7") -> Client:
        client = Client(HTTP_USER_AGENT=user_agent, REMOTE_ADDR=address)
        answer = client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
        assert answer.status_code == 302
        return client

    return browser


def row_of(client: Client) -> UserSession:
    return UserSession.objects.get(session_key=client.session.session_key)


def is_signed_in(client: Client) -> bool:
    return client.get("/profile/").status_code == 200


# Ending -------------------------------------------------------------------------------------


def test_ending_a_session_signs_that_browser_out(client_user: User, sign_in: SignIn) -> None:
    here, there = sign_in(client_user), sign_in(client_user, IPHONE)
    key = there.session.session_key
    with capture_events() as events:
        end_session(actor=client_user, session=row_of(there))
    assert (is_signed_in(here), is_signed_in(there)) == (True, False)
    (event,) = events
    assert (event.name, event.actor, event.stream.object_id) == (
        "SessionEnded", client_user, client_user.pk,
    )  # fmt: skip
    assert event.data == {"user_id": str(client_user.pk), "session": session_digest(key)}
    assert str(key) not in str(event.data)


def test_ending_twice_changes_nothing(client_user: User, sign_in: SignIn) -> None:
    row = row_of(sign_in(client_user))
    end_session(actor=client_user, session=row)
    with capture_events() as events:
        end_session(actor=client_user, session=row)
    assert events == []


def test_nobody_ends_anothers_session_but_administrators(
    client_user: User, consultant: User, staff: User, sign_in: SignIn
) -> None:
    there = sign_in(client_user)
    with refused(NotAllowed):
        end_session(actor=consultant, session=row_of(there))
    with refused(NotAllowed):
        end_other_sessions(actor=consultant, user=client_user)
    assert is_signed_in(there)
    with capture_events() as events:
        end_session(actor=staff, session=row_of(there))
    assert (names(events), events[0].actor) == (["SessionEnded"], staff)
    assert not is_signed_in(there)


def test_ending_all_others_keeps_one_and_other_people(
    client_user: User, consultant: User, sign_in: SignIn
) -> None:
    here, *others = (sign_in(client_user) for _ in range(3))
    stranger = sign_in(consultant)
    with capture_events() as events:
        number = end_other_sessions(
            actor=client_user, user=client_user, keep=here.session.session_key
        )
    assert (number, names(events)) == (2, ["SessionEnded"] * 2)
    assert [*map(is_signed_in, [here, *others, stranger])] == [True, False, False, True]


def test_ending_everywhere_keeps_none(client_user: User, sign_in: SignIn) -> None:
    browsers = [sign_in(client_user), sign_in(client_user)]
    assert end_other_sessions(actor=client_user, user=client_user) == 2
    assert [*map(is_signed_in, browsers)] == [False, False]
    assert end_other_sessions(actor=client_user, user=client_user, keep=None) == 0


def test_signing_out_is_recorded_with_the_session(client_user: User, sign_in: SignIn) -> None:
    here = sign_in(client_user)
    key = here.session.session_key
    with capture_events() as events:
        here.post("/accounts/logout/")
    (event,) = events
    assert (event.name, event.actor) == ("SignedOut", client_user)
    assert event.data == {"user_id": str(client_user.pk), "session": session_digest(key)}
    assert not UserSession.objects.exists()
    with capture_events() as events:
        here.post("/accounts/logout/")
    assert events == []


# What is kept -------------------------------------------------------------------------------


def test_a_session_is_noted_once_in_five_minutes(
    client_user: User,
    sign_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    here = sign_in(client_user)
    long_ago = timezone.now() - timedelta(hours=3)
    here.get("/profile/")
    UserSession.objects.update(last_seen_at=long_ago)
    with django_assert_num_queries(3):  # what the page takes
        here.get("/profile/")
    assert row_of(here).last_seen_at == long_ago
    monkeypatch.setattr(middleware, "SEEN_EVERY_SECONDS", 0.0)
    with django_assert_num_queries(4):
        here.get("/profile/", REMOTE_ADDR="198.51.100.9", HTTP_USER_AGENT=IPHONE)
    row = row_of(here)
    assert timezone.now() - row.last_seen_at < timedelta(minutes=1)
    assert (row.ip, row.user_agent) == ("198.51.100.9", IPHONE)
    assert timezone.now() - row.created_at < timedelta(minutes=1)


def test_a_session_without_a_row_gets_one(client_user: User) -> None:
    browser = Client(REMOTE_ADDR="")
    browser.force_login(client_user)
    assert not UserSession.objects.exists()
    browser.get("/profile/")
    assert (row_of(browser).user, row_of(browser).ip) == (client_user, "0.0.0.0")


def test_a_token_beside_a_cookie_is_noted_for_nobody(client_user: User, consultant: User) -> None:
    token, _ = create_api_token(actor=consultant, user=consultant)
    browser = Client()
    browser.force_login(client_user)
    answer = browser.get("/api/profile/", headers={"Authorization": f"Token {token}"})
    assert answer.json()["email"] == consultant.email
    assert not UserSession.objects.exists()


def test_only_so_many_sessions_are_remembered(
    client_user: User, consultant: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(middleware, "MAX_REMEMBERED", 1)
    kept = middleware.SessionSeenMiddleware(lambda request: None)  # type: ignore[arg-type, return-value]
    assert [kept._is_due(key) for key in ("a", "a", "b", "b", "a")] == [
        True, False, True, False, True,
    ]  # fmt: skip


def test_what_is_left_of_ended_sessions_is_forgotten(
    client_user: User, consultant: User, system: User, sign_in: SignIn
) -> None:
    stays, expired, flushed = (sign_in(client_user) for _ in range(3))
    yesterday = timezone.now() - timedelta(days=1)
    Session.objects.filter(session_key=expired.session.session_key).update(expire_date=yesterday)
    flushed.session.flush()
    assert ended_sessions().count() == 2
    with refused(NotAllowed):
        forget_ended_sessions(actor=consultant)
    with capture_events() as events:
        assert forget_ended_sessions(actor=system) == 2
        forget_ended_sessions_task()
    assert events == []
    assert list(sessions_of(client_user)) == [row_of(stays)]
    assert Session.objects.count() == 1


def test_the_device_and_address_are_cut_to_what_is_kept(client_user: User) -> None:
    browser = Client()
    browser.force_login(client_user)
    note_session_seen(
        actor=client_user,
        session_key=str(browser.session.session_key),
        ip="2001:db8::1",
        user_agent="x" * 1000,
    )
    assert row_of(browser).user_agent == "x" * 200


# The page -----------------------------------------------------------------------------------


def test_the_page_is_for_who_is_signed_in(client: Client) -> None:
    assert reverse("accounts:sessions") == SESSIONS
    assert client.get(SESSIONS)["Location"] == f"/accounts/login/?next={SESSIONS}"
    for address in (f"{SESSIONS}1/end/", f"{SESSIONS}end-others/"):
        assert client.post(address).status_code == 302


def test_the_page_tells_browsers_apart(
    client_user: User, consultant: User, sign_in: SignIn
) -> None:
    here, _ = sign_in(client_user), sign_in(client_user, IPHONE, "2001:db8::42")
    sign_in(consultant, address="203.0.113.99")
    html = here.get(SESSIONS).content.decode()
    assert html.index("Chrome on Windows") < html.index("This browser")
    assert "Safari on iPhone" in html
    assert "2001:db8::42" in html
    assert "203.0.113.99" not in html
    assert html.count("/end/") == 1
    keys = UserSession.objects.values_list("session_key", flat=True)
    assert not any(key in html for key in keys)


def test_with_one_browser_there_is_nothing_to_end(client_user: User, sign_in: SignIn) -> None:
    html = sign_in(client_user).get(SESSIONS).content.decode()
    assert "You are signed in nowhere else." in html
    assert "end-others" not in html


def test_the_list_is_paged_and_costs_the_same(
    client_user: User, sign_in: SignIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    here = sign_in(client_user)
    here.get(SESSIONS)
    for _ in range(30):
        browser = Client()
        browser.force_login(client_user)
        browser.get("/profile/")
    with django_assert_max_num_queries(7):
        html = here.get(SESSIONS).content.decode()
    assert html.count("/end/") == 25
    second = here.get(SESSIONS, {"page": "2"}).content.decode()
    assert second.count("/end/") == 5
    assert "This browser" not in second
    assert here.get(SESSIONS, {"page": "no"}).status_code == 200


def test_one_other_browser_is_signed_out(client_user: User, sign_in: SignIn) -> None:
    here, there = sign_in(client_user), sign_in(client_user, IPHONE)
    answer = here.post(f"{SESSIONS}{row_of(there).pk}/end/", follow=True)
    assert "Signed out: Safari on iPhone." in answer.content.decode()
    assert (is_signed_in(here), is_signed_in(there)) == (True, False)


def test_neither_ones_own_nor_anothers_session_is_found(
    client_user: User, consultant: User, sign_in: SignIn
) -> None:
    here, other = sign_in(client_user), sign_in(consultant)
    for row in (row_of(here), row_of(other)):
        assert here.post(f"{SESSIONS}{row.pk}/end/").status_code == 404
    assert is_signed_in(here)
    assert is_signed_in(other)


@pytest.mark.parametrize(
    ("others", "said"),
    [
        (0, "Nothing else was open."),
        (1, "Signed out of one other browser."),
        (2, "Signed out of 2 other browsers."),
    ],
)
def test_all_others_are_signed_out(
    client_user: User, sign_in: SignIn, others: int, said: str
) -> None:
    here = sign_in(client_user)
    there = [sign_in(client_user) for _ in range(others)]
    answer = here.post(f"{SESSIONS}end-others/", follow=True)
    assert said in answer.content.decode()
    assert [is_signed_in(browser) for browser in [here, *there]] == [True, *[False] * others]


def test_the_profile_leads_there(client_user: User, sign_in: SignIn) -> None:
    assert f'href="{SESSIONS}"' in sign_in(client_user).get("/profile/").content.decode()
