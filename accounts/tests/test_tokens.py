"""Signing in and out with API tokens."""

import pytest
from allauth.account.models import EmailAddress
from knox.models import AuthToken

from accounts.actions.tokens import AddressNotConfirmed, revoke_token, sign_in_with_token
from accounts.models import User
from core.errors import NotAllowed
from tests.fixtures import capture_events, names, refused


def test_signing_in_makes_a_token(consultant: User) -> None:
    with capture_events() as events:
        token, row = sign_in_with_token(actor=consultant)
    assert row.user == consultant
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
    _, row = sign_in_with_token(actor=consultant)
    with capture_events() as events:
        revoke_token(actor=consultant, token=row)
    assert not AuthToken.objects.exists()
    assert names(events) == ["ApiTokenRevoked"]


@pytest.mark.parametrize("who", ["colleague", "staff"])
def test_nobody_ends_anothers_token(
    consultant: User, request: pytest.FixtureRequest, who: str
) -> None:
    other: User = request.getfixturevalue(who)
    _, row = sign_in_with_token(actor=consultant)
    with refused(NotAllowed):
        revoke_token(actor=other, token=row)
