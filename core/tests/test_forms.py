"""Every form says what to do where something is missing."""

from typing import Any
from uuid import uuid4

import pytest
from allauth.account.forms import (
    AddEmailForm,
    ChangePasswordForm,
    LoginForm,
    ReauthenticateForm,
)
from django import forms
from django.test import RequestFactory

from accounts.forms import (
    ApiTokenForm,
    KeepAccountForm,
    NameForm,
    ResetPasswordForm,
    SecondStepForm,
)
from accounts.models import User
from audit.forms import ExportForm, ReasonForm
from rooms.forms import AddPersonForm, AgendaItemForm, RoomForm

DJANGOS = "This field is required."


class Other(forms.Form):
    """Kinds of fields that no page has yet."""

    terms = forms.BooleanField()
    portrait = forms.ImageField()
    paper = forms.FileField()
    at = forms.DateTimeField()
    address = forms.EmailField(error_messages={"required": "Where to?"})


def said(form: forms.Form) -> dict[str, Any]:
    """What the form says of each field."""
    return {name: list(found) for name, found in form.errors.items()}


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (NameForm({}), {"name": "Enter your name."}),
        (KeepAccountForm({}), {"password1": "Choose a password."}),
        (ReasonForm({}), {"reason": "Say why you need to see this."}),
        (AgendaItemForm({}), {"title": "Enter a title.", "minutes": "Enter a number."}),
        (
            ApiTokenForm({"key": uuid4()}),
            {
                "name": "Answer this in a few words.",
                "scope": "Choose one of these.",
                "days": "Choose one of these.",
            },
        ),
        (AddPersonForm({"role": "client"}), {"email": "Enter an e-mail address."}),
        (
            ExportForm({}),
            {
                "since": "Choose a day.",
                "until": "Choose a day.",
                "kind": "Choose one of these.",
                "reason": "Say why you need to see this.",
            },
        ),
        (ResetPasswordForm({}), {"email": "Enter your e-mail address."}),
        (
            Other({}),
            {
                "terms": "Tick this to go on.",
                "portrait": "Choose a picture.",
                "paper": "Choose a file.",
                "at": "Choose a day and a time.",
                "address": "Where to?",
            },
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_missing(form: forms.Form, words: dict[str, str]) -> None:
    assert said(form) == {name: [word] for name, word in words.items()}


def test_allauths_forms(db: None, rf: RequestFactory, client_user: User) -> None:
    assert said(LoginForm({}, request=rf.post("/"))) == {
        "login": ["Enter your e-mail address."],
        "password": ["Enter your password."],
    }
    assert said(ChangePasswordForm(data={}, user=client_user)) == {
        "oldpassword": ["Enter your password."],
        "password1": ["Choose a password."],
        "password2": ["Choose a password."],
    }
    assert said(ReauthenticateForm(data={}, user=client_user)) == {
        "password": ["Enter your password."]
    }
    assert said(AddEmailForm(data={}, user=client_user)) == {
        "email": ["Enter your e-mail address."]
    }
    assert said(SecondStepForm(data={}, user=client_user)) == {"code": ["Enter the code."]}


def test_what_a_form_says_itself_stays(db: None) -> None:
    assert said(RoomForm({}))["name"] == ["Say in a few words what it is about."]


def test_half_an_address() -> None:
    form = AddPersonForm({"email": "ada@", "role": "client"})
    assert said(form) == {"email": ["Enter a whole e-mail address, like name@example.org."]}


def test_one_form_changes_no_other() -> None:
    said(NameForm({}))
    assert NameForm.base_fields["name"].error_messages["required"] == DJANGOS
