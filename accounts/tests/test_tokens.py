"""API tokens: signing in and out with them, what they may do, when they were used."""

from datetime import timedelta
from typing import Any, cast

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.actions.tokens import (
    DAYS,
    AddressNotConfirmed,
    InvalidToken,
    create_api_token,
    forget_expired_tokens,
    revoke_token,
    sign_in_with_token,
)
from accounts.forms import ApiTokenForm
from accounts.migrations import __name__ as migrations_package
from accounts.models import ApiToken, Scope, User
from accounts.queries import tokens_of
from accounts.tasks import forget_expired_tokens as forget_expired_tokens_task
from consultsuite import api_urls
from core.api.views import AdminApiView
from core.authentication import Credentials, live_token
from core.context import Origin, acting_from
from core.errors import NotAllowed
from tests.api import REASON
from tests.fixtures import capture_events, names, prove, refused
from tests.permissions.walk import routes

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def test_signing_in_makes_a_token_named_after_the_program(consultant: User) -> None:
    with capture_events() as events, acting_from(Origin(user_agent="curl/8.1")):
        token, row = sign_in_with_token(actor=consultant)
    assert (row.user, row.name, row.scope) == (consultant, "Signed in with curl", Scope.WRITE)
    assert token.startswith(row.token_key)
    assert names(events) == ["SignedIn", "ApiTokenCreated"]


def test_an_address_that_is_not_confirmed(consultant: User) -> None:
    EmailAddress.objects.update(verified=False)
    with refused(AddressNotConfirmed):
        sign_in_with_token(actor=consultant)


def test_another_confirmed_address_does_not_stand_in(consultant: User) -> None:
    EmailAddress.objects.update(email="other@demo.test")
    with refused(AddressNotConfirmed):
        sign_in_with_token(actor=consultant)


def test_signing_out_ends_the_token(consultant: User) -> None:
    token, row = sign_in_with_token(actor=consultant)
    with capture_events() as events:
        revoke_token(actor=consultant, token=row)
        revoke_token(actor=consultant, token=row)
    assert not ApiToken.objects.exists()
    (event,) = events
    assert event.name == "ApiTokenRevoked"
    assert event.data["session"] == Credentials(token=token).digest
    assert row.digest not in str(event.data)


def test_nobody_ends_anothers_token_but_administrators(
    consultant: User, colleague: User, staff: User
) -> None:
    _, row = sign_in_with_token(actor=consultant)
    with refused(NotAllowed):
        revoke_token(actor=colleague, token=row)
    with capture_events() as events:
        revoke_token(actor=staff, token=row)
    assert [(event.name, event.actor) for event in events] == [("ApiTokenRevoked", staff)]
    assert events[0].stream.object_id == consultant.pk


# Making -------------------------------------------------------------------------------------


@pytest.mark.parametrize("days", DAYS)
def test_a_token_has_name_scope_and_end(consultant: User, days: int) -> None:
    with capture_events() as events:
        token, row = create_api_token(
            actor=consultant, user=consultant, name="  Nightly   export ", scope="read", days=days
        )
    assert (row.name, row.may_write) == ("Nightly export", False)
    assert str(row) == f"Nightly export ({token[:8]})"
    assert abs(row.expiry - timezone.now() - timedelta(days=days)) < timedelta(minutes=1)
    assert token not in (row.digest, row.token_key)
    assert events[0].data == {
        "user_id": str(consultant.pk), "token_id": str(row.pk), "scope": "read",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": " "}, "Say what"),
        ({"name": "n" * 101}, "At most 100"),
        ({"scope": "everything"}, "Choose what"),
        ({"scope": "admin"}, "somebody who administers"),
        ({"days": 8}, "how long"),
    ],
)
def test_what_is_no_token(consultant: User, fields: dict[str, Any], said: str) -> None:
    with refused(InvalidToken, said):
        create_api_token(actor=consultant, user=consultant, **{"name": "Export", **fields})


# Using --------------------------------------------------------------------------------------


def test_using_a_token_is_one_query_and_noted_once_in_five_minutes(
    consultant: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(3):
        create_api_token(actor=consultant, user=consultant)
    token, row = create_api_token(actor=consultant, user=consultant)
    with django_assert_num_queries(2):
        assert live_token(token) == row
    with django_assert_num_queries(1):
        live_token(token)
    row.refresh_from_db()
    assert row.last_used_at is not None
    assert timezone.now() - row.last_used_at < timedelta(minutes=1)
    long_ago = timezone.now() - timedelta(minutes=6)
    ApiToken.objects.update(last_used_at=long_ago)
    live_token(token)
    row.refresh_from_db()
    used = ApiToken.objects.filter(last_used_at__gt=long_ago)
    assert list(used) == [row]


@pytest.mark.parametrize("token", ["", "x", "\xff", "0" * 64])
def test_what_no_token_is_works_not(consultant: User, token: str) -> None:
    assert live_token(token) is None


def test_an_expired_token_works_no_more(consultant: User, system: User) -> None:
    token, row = create_api_token(actor=consultant, user=consultant)
    create_api_token(actor=consultant, user=consultant)
    ApiToken.objects.filter(pk=row.pk).update(expiry=timezone.now() - timedelta(seconds=1))
    assert live_token(token) is None
    assert tokens_of(consultant).count() == 1
    with refused(NotAllowed):
        forget_expired_tokens(actor=consultant)
    with capture_events() as events:
        forget_expired_tokens_task()
        assert forget_expired_tokens(actor=system) == 0
    assert (events, ApiToken.objects.count()) == ([], 1)


# Scope --------------------------------------------------------------------------------------

HARMLESS = {"/api/auth/signout/"}
PUBLIC = {"/api/auth/signin/", "/api/auth/signup/"}


def test_a_token_that_may_read_reads_and_changes_nothing(consultant: User, client: Any) -> None:
    token, _ = create_api_token(actor=consultant, user=consultant, scope=Scope.READ)
    headers = {"Authorization": f"Token {token}"}
    assert client.get("/api/rooms/", headers=headers).status_code == 200
    answer = client.patch("/api/profile/", {"name": "N"}, "application/json", headers=headers)
    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:consultsuite:read_only_token"
    assert "may only read" in answer.json()["detail"]


def test_no_route_of_the_api_lets_a_reading_token_write(consultant: User, client: Any) -> None:
    token, _ = create_api_token(actor=consultant, user=consultant, scope=Scope.READ)
    asked = 0
    for route in routes():
        methods = (route.methods or frozenset()) - {"GET"}
        if not route.address.startswith("/api/") or route.address in HARMLESS | PUBLIC:
            continue
        for method in methods:
            address = route.address.replace("{}", "00000000-0000-4000-8000-000000000000")
            answer = client.generic(method, address, headers={"Authorization": f"Token {token}"})
            assert answer.status_code == 403, f"{method} {address}"
            assert answer.json()["type"] == "urn:consultsuite:read_only_token"
            asked += 1
    assert asked > 15


def test_a_reading_token_may_give_itself_up(consultant: User, client: Any) -> None:
    token, _ = create_api_token(actor=consultant, user=consultant, scope=Scope.READ)
    answer = client.post("/api/auth/signout/", headers={"Authorization": f"Token {token}"})
    assert (answer.status_code, ApiToken.objects.count()) == (204, 0)


@pytest.mark.parametrize("address", ["users/", "system-health/", "audit-logs/"])
def test_only_a_token_for_it_administers(address: str, staff: User, client: Any) -> None:
    for scope, expected in ((Scope.READ, 403), (Scope.WRITE, 403), (Scope.ADMIN, 200)):
        token, _ = create_api_token(actor=staff, user=staff, scope=scope)
        headers = {"Authorization": f"Token {token}", "X-Reason": REASON}
        answer = client.get(f"/api/admin/{address}", headers=headers)
        assert answer.status_code == expected
        if expected == 403:
            assert answer.json()["type"] == "urn:consultsuite:admin_token_needed"
    assert client.patch(
        "/api/profile/", {"name": "Alma"}, "application/json", headers=headers
    ).status_code == 200  # fmt: skip


@pytest.mark.parametrize("address", ["users/", "system-health/", "audit-logs/"])
def test_a_session_administers_after_a_recent_proof(address: str, staff: User, client: Any) -> None:
    client.force_login(staff)
    prove(client, staff, seconds_ago=31 * 60)
    answer = client.get(f"/api/admin/{address}")
    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:consultsuite:proof_needed"
    assert "/accounts/reauthenticate/" in answer.json()["detail"]
    prove(client, staff)
    assert client.get(f"/api/admin/{address}", headers={"X-Reason": REASON}).status_code == 200


@pytest.mark.parametrize("address", ["users/", "system-health/", "audit-logs/"])
def test_a_sign_in_administers_while_it_is_recent(address: str, staff: User, client: Any) -> None:
    token, row = sign_in_with_token(actor=staff)
    headers = {"Authorization": f"Token {token}", "X-Reason": REASON}
    assert client.get(f"/api/admin/{address}", headers=headers).status_code == 200
    ApiToken.objects.update(created=row.created - timedelta(minutes=31))
    answer = client.get(f"/api/admin/{address}", headers=headers)
    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:consultsuite:admin_token_needed"


def test_every_route_for_administration_asks_for_it() -> None:
    for pattern in api_urls.urlpatterns:
        if str(pattern.pattern).startswith("admin/"):
            view = cast(Any, pattern.callback).cls
            assert issubclass(view, AdminApiView), pattern


def test_only_who_administers_gets_a_token_for_it(consultant: User, staff: User) -> None:
    with refused(InvalidToken, "somebody who administers"):
        create_api_token(actor=consultant, user=consultant, scope=Scope.ADMIN)
    assert "Administer as well" not in str(ApiTokenForm())
    assert "Administer as well" in str(ApiTokenForm(administers=True))


# From before --------------------------------------------------------------------------------


def test_tokens_from_before_are_moved_and_work(consultant: User) -> None:
    from importlib import import_module

    migration = import_module(f"{migrations_package}.0003_api_tokens")
    token, row = create_api_token(actor=consultant, user=consultant)
    with connection.cursor() as cursor:
        cursor.execute(migration.MOVE_BACK)
        ApiToken.objects.all().delete()
        assert live_token(token) is None
        cursor.execute(migration.MOVE)
        cursor.execute("SELECT count(*) FROM knox_authtoken")
        assert cursor.fetchone() == (0,)
    moved = live_token(token)
    assert (moved.user, moved.created, moved.expiry) == (consultant, row.created, row.expiry)
    assert (moved.name, moved.scope) == ("Made before tokens had names", Scope.WRITE)
