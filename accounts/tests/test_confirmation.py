"""After signing up the mail can be sent again; nobody learns whose address is known."""

import re
import time
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from pytest_django import Settings

from accounts.models import User

SENT = "/accounts/confirm-email/"
GOOD = "a long walk by the sea"


def sign_up(client: Client, email: str) -> None:
    """By the form; the first mail goes out."""
    fields = {"name": "Ada Byron", "email": email, "password1": GOOD}
    assert client.post("/accounts/signup/", fields)["Location"] == SENT
    mail.outbox.clear()


def links() -> list[str]:
    words = [word for letter in mail.outbox for word in str(letter.body).split()]
    return [word for word in words if "/confirm-email/" in word]


@pytest.fixture
def soon(settings: Settings) -> None:
    """A mail may be sent again after a second."""
    settings.ACCOUNT_RATE_LIMITS = {"confirm_email": "1/1s/key"}


def test_it_is_sent_again_and_lets_one_in(client: Client, system: User, soon: None) -> None:
    sign_up(client, "ada@new.test")
    assert "Send it again" in client.get(SENT).content.decode()
    time.sleep(1)
    answer = client.post(SENT, follow=True)
    assert "We have sent another mail to ada@new.test." in answer.content.decode()
    assert [letter.to for letter in mail.outbox] == [["ada@new.test"]]
    (link,) = links()
    assert client.post(link)["Location"] == "/"
    assert client.get("/profile/").status_code == 200


def test_not_twice_in_three_minutes(client: Client, system: User) -> None:
    sign_up(client, "ada@new.test")
    answer = client.post(SENT)
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) in range(170, 181)
    html = answer.content.decode()
    assert (
        "A mail went out only just now. Look among the spam, too. Try again in 3 minutes." in html
    )
    assert "Send it again" in html
    assert mail.outbox == []


def test_whose_address_is_known_is_not_told(client: Client, client_user: User, soon: None) -> None:
    """Page, answer and number of mails are the same; only their owner reads which."""
    seen = []
    for email in ("ada@new.test", client_user.email):
        browser = Client()
        sign_up(browser, email)
        time.sleep(1)
        answers: list[Any] = [browser.get(SENT), browser.post(SENT, follow=True)]
        answers.append(browser.post(SENT))
        said = [
            (answer.status_code, words_of(answer).replace(email, "ADDRESS")) for answer in answers
        ]
        seen.append((said, len(mail.outbox), [letter.to == [email] for letter in mail.outbox]))
        assert len(links()) == (0 if email == client_user.email else 1)
        mail.outbox.clear()
    assert seen[0] == seen[1]
    assert [status for status, _ in seen[0][0]] == [200, 200, 429]


def words_of(answer: Any) -> str:
    """The page without what is made anew for each."""
    html = re.sub(r'nonce="[^"]+"', "", answer.content.decode())
    return "\n".join(line for line in html.splitlines() if "csrf" not in line.lower())


def test_confirmed_elsewhere_meanwhile(client: Client, system: User, soon: None) -> None:
    sign_up(client, "ada@new.test")
    EmailAddress.objects.filter(email="ada@new.test").update(verified=True)
    time.sleep(1)
    assert "We have sent another mail" in client.post(SENT, follow=True).content.decode()
    assert (len(mail.outbox), links()) == (1, [])


def test_without_a_sign_up_there_is_nothing_to_send(client: Client, db: None) -> None:
    assert "Send it again" not in client.get(SENT).content.decode()
    answer = client.post(SENT, follow=True)
    assert answer.redirect_chain == [("/accounts/login/", 302)]
    assert "Sign in, and we send a new link." in answer.content.decode()
    assert mail.outbox == []
