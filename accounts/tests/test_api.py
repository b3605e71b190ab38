"""Signing in, up and out, and the profile over HTTP."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from accounts.models import ApiToken, User
from tests.api import CheckedClient, signed_in
from tests.fixtures import PASSWORD, capture_events, names

pytestmark = pytest.mark.django_db

SIGN_IN = "/api/auth/signin/"
SIGN_UP = "/api/auth/signup/"
SIGN_OUT = "/api/auth/signout/"
SESSION = "/api/auth/session/"
PROFILE = "/api/profile/"
NEW = {"email": "Nora@demo.test", "name": "Nora Falk", "password": "a-long-way-home"}


@pytest.fixture
def nobody() -> CheckedClient:
    return signed_in(None)


class TestSignIn:
    def test_a_token_for_thirty_days(self, nobody: Any, consultant: User) -> None:
        with capture_events() as events:
            answer = nobody.post(SIGN_IN, {"email": "MARA@demo.test", "password": PASSWORD})
        assert answer.status_code == 200
        expiry = parse_datetime(answer.json()["expiry"])
        assert expiry is not None
        assert timedelta(days=29) < expiry - timezone.now() <= timedelta(days=30)
        assert answer.json()["user"]["role"] == "internal_engineer"
        assert names(events) == ["SignedIn", "ApiTokenCreated"]
        nobody.credentials(HTTP_AUTHORIZATION=f"Token {answer.json()['token']}")
        assert nobody.get(SESSION).json()["user"]["email"] == "mara@demo.test"
        assert "sessionid" not in answer.cookies

    def test_wrong_password_unknown_address_and_inactive_answer_alike(
        self, nobody: Any, consultant: User, colleague: User
    ) -> None:
        User.objects.filter(pk=colleague.pk).update(is_active=False)
        answers = [
            nobody.post(SIGN_IN, {"email": email, "password": password})
            for email, password in [
                (consultant.email, "wrong"), ("nobody@demo.test", PASSWORD),
                (colleague.email, PASSWORD), ("system@consultsuite.invalid", "!"),
            ]
        ]  # fmt: skip
        assert {answer.status_code for answer in answers} == {401}
        assert len({answer.content for answer in answers}) == 1
        assert answers[0].json()["type"] == "urn:consultsuite:wrong_credentials"
        assert answers[0]["WWW-Authenticate"] == "Token"
        assert not ApiToken.objects.exists()

    def test_an_unconfirmed_address_waits_and_gets_the_mail_again(
        self, nobody: Any, consultant: User
    ) -> None:
        EmailAddress.objects.filter(user=consultant).update(verified=False)
        fields = {"email": consultant.email, "password": PASSWORD}
        answers = [nobody.post(SIGN_IN, fields) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [403, 403]
        assert answers[0].json()["type"] == "urn:consultsuite:address_not_confirmed"
        assert "Confirm your e-mail address" in answers[0].json()["detail"]
        assert [message.to for message in mail.outbox] == [[consultant.email]]
        assert not ApiToken.objects.exists()

    def test_many_failures_have_to_wait(self, nobody: Any, consultant: User) -> None:
        fields = {"email": consultant.email, "password": "wrong"}
        statuses = [nobody.post(SIGN_IN, fields).status_code for _ in range(5)]
        assert statuses == [401] * 5
        answer = nobody.post(SIGN_IN, fields | {"password": PASSWORD})
        assert answer.status_code == 429
        assert int(answer["Retry-After"]) in range(290, 301)
        assert answer.json()["title"] == "Too many requests"

    def test_signing_in_often_is_no_failure(self, nobody: Any, consultant: User) -> None:
        fields = {"email": consultant.email, "password": PASSWORD}
        assert {nobody.post(SIGN_IN, fields).status_code for _ in range(12)} == {200}

    def test_a_stale_token_does_not_keep_one_from_signing_in(
        self, nobody: Any, consultant: User
    ) -> None:
        nobody.credentials(HTTP_AUTHORIZATION="Token stale")
        fields = {"email": consultant.email, "password": PASSWORD}
        assert nobody.post(SIGN_IN, fields).status_code == 200

    @pytest.mark.parametrize(
        ("fields", "wrong"),
        [
            ({}, ["email", "password"]),
            ({"email": "x", "password": "y"}, ["email"]),
            ({"email": "a@demo.test", "password": ["y"]}, ["password"]),
            ([], ["non_field_errors"]),
        ],
    )
    def test_what_is_not_valid(self, nobody: Any, fields: Any, wrong: list[str]) -> None:
        answer = nobody.post(SIGN_IN, fields)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, wrong)


class TestSignUp:
    def test_an_unconfirmed_account_and_a_mail(self, nobody: Any, system: User) -> None:
        with capture_events() as events:
            answer = nobody.post(SIGN_UP, NEW)
        assert answer.status_code == 201
        user = User.objects.get(email="nora@demo.test")
        assert (user.name, user.is_staff) == ("Nora Falk", False)
        assert names(events) == ["PersonSignedUp"]
        address = EmailAddress.objects.get(user=user)
        assert (address.verified, address.primary) == (False, True)
        assert mail.outbox[0].to == ["nora@demo.test"]
        assert "/accounts/confirm-email/" in mail.outbox[0].body
        assert nobody.post(SIGN_IN, NEW).status_code == 403
        address.set_verified()
        assert nobody.post(SIGN_IN, NEW).status_code == 200

    def test_a_taken_address_gets_the_same_answer_and_another_mail(
        self, nobody: Any, consultant: User
    ) -> None:
        fresh = nobody.post(SIGN_UP, NEW)
        taken = nobody.post(SIGN_UP, NEW | {"email": "MARA@demo.test"})
        assert fresh.status_code == taken.status_code == 201
        assert fresh.json()["detail"] == taken.json()["detail"]
        assert fresh.json().keys() == taken.json().keys()
        assert mail.outbox[1].to == ["mara@demo.test"]
        assert "/accounts/confirm-email/" not in mail.outbox[1].body
        assert User.objects.get(email="mara@demo.test").check_password(PASSWORD)

    def test_a_weak_password_tells_nothing_about_the_address(
        self, nobody: Any, consultant: User
    ) -> None:
        weak = NEW | {"password": "12345"}
        fresh, taken = (
            nobody.post(SIGN_UP, weak),
            nobody.post(SIGN_UP, weak | {"email": consultant.email}),
        )
        assert fresh.status_code == taken.status_code == 400
        assert fresh.json()["errors"] == taken.json()["errors"]
        assert list(fresh.json()["errors"]) == ["password"]

    @pytest.mark.parametrize("field", ["email", "name", "password"])
    def test_nothing_may_be_missing(self, nobody: Any, system: User, field: str) -> None:
        answer = nobody.post(SIGN_UP, NEW | {field: ""})
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
        assert not User.objects.filter(email="nora@demo.test").exists()

    def test_many_sign_ups_have_to_wait(self, nobody: Any, system: User) -> None:
        for number in range(20):
            nobody.post(SIGN_UP, NEW | {"email": f"n{number}@demo.test"})
        answer = nobody.post(SIGN_UP, NEW)
        assert answer.status_code == 429
        assert int(answer["Retry-After"]) in range(40, 61)


class TestSignOut:
    def test_the_token_used_ends_and_no_other(self, consultant: User) -> None:
        here, elsewhere = signed_in(consultant), signed_in(consultant)
        with capture_events() as events:
            assert here.post(SIGN_OUT).status_code == 204
        assert names(events) == ["ApiTokenRevoked"]
        assert here.get(SESSION).status_code == 401
        assert elsewhere.get(SESSION).status_code == 200

    def test_a_session_ends(self, client: Client, consultant: User) -> None:
        client.force_login(consultant)
        assert client.post(SIGN_OUT).status_code == 204
        assert client.get(SESSION).status_code == 401

    def test_a_session_needs_its_csrf_token(self, consultant: User) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(consultant)
        answer = client.post(SIGN_OUT)
        assert answer.status_code == 403
        assert answer["Content-Type"] == "application/problem+json"
        assert client.get(SESSION).status_code == 200


class TestSession:
    def test_who_am_i(self, client_user: User) -> None:
        membership = client_user.membership
        assert signed_in(client_user).get(SESSION).json() == {
            "user": {
                "id": str(client_user.pk),
                "name": "Tomas Okafor",
                "email": "tomas@demo.test",
                "timezone": "UTC",
                "locale": "en-gb",
                "picture": None,
                "role": "client_user",
                "organisation": {"id": str(membership.organisation_id), "name": "Northwind"},
            }
        }

    def test_somebody_without_an_organisation(self, staff: User) -> None:
        user = signed_in(staff).get(SESSION).json()["user"]
        assert (user["role"], user["organisation"]) == (None, None)

    @pytest.mark.parametrize(
        "header", ["", "Token", "Token x", "Token x y", "Token \xff\xfe", "Bearer x", "Basic eDp5"]
    )
    def test_nobody(self, nobody: Any, db: None, header: str) -> None:
        nobody.credentials(HTTP_AUTHORIZATION=header)
        answer = nobody.get(SESSION)
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == "Token"

    def test_an_expired_or_inactive_persons_token(self, consultant: User) -> None:
        client = signed_in(consultant)
        User.objects.filter(pk=consultant.pk).update(is_active=False)
        assert client.get(SESSION).status_code == 401
        User.objects.filter(pk=consultant.pk).update(is_active=True)
        ApiToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))
        assert client.get(SESSION).status_code == 401


class TestProfile:
    def test_change(self, client_user: User) -> None:
        client = signed_in(client_user)
        with capture_events() as events:
            answer = client.patch(
                PROFILE, {"name": "Tomas O.", "timezone": "Europe/Copenhagen", "email": "x@y.z"}
            )
        assert answer.status_code == 200
        assert (answer.json()["name"], answer.json()["timezone"]) == (
            "Tomas O.", "Europe/Copenhagen",
        )  # fmt: skip
        assert answer.json()["email"] == "tomas@demo.test"
        assert client.get(PROFILE).json() == answer.json()
        assert [event.data["fields"] for event in events] == [["name", "timezone"]]

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", " "), ("name", "n" * 151), ("timezone", "Mars/Olympus"),
            ("timezone", "../etc/passwd"), ("locale", "tlh"),
        ],
    )  # fmt: skip
    def test_what_is_not_valid(self, client_user: User, field: str, value: str) -> None:
        answer = signed_in(client_user).patch(PROFILE, {field: value})
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
