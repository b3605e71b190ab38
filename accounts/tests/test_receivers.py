"""What accounts does when something happens elsewhere."""

from django.test import Client

from accounts.models import User
from tests.fixtures import PASSWORD, capture_events


def test_signing_in_by_the_form_is_recorded(client: Client, client_user: User) -> None:
    with capture_events() as events:
        wrong = client.post("/accounts/login/", {"login": client_user.email, "password": "wrong"})
        right = client.post("/accounts/login/", {"login": client_user.email, "password": PASSWORD})
    assert (wrong.status_code, right.status_code) == (200, 302)
    refused, event = events
    assert refused.name == "AttemptRefused"
    assert (event.name, event.actor, event.ip) == ("SignedIn", client_user, "127.0.0.1")
    assert event.data == {"user_id": str(client_user.pk), "method": "password"}
