"""Mail of our own; allauth sends its own through its adapter."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.template.loader import render_to_string

from core.errands import insist

_held: ContextVar[list[EmailMessage] | None] = ContextVar("held", default=None)


@contextmanager
def held() -> Iterator[None]:
    """What is handed over inside is sent at the end, and not at all after an exception.

    A mail cannot be taken back; and a mail server that is slow holds up no transaction.
    """
    if _held.get() is not None:  # a page that was asked for again inside another
        yield
        return
    letters: list[EmailMessage] = []
    token = _held.set(letters)
    try:
        yield
    finally:
        _held.reset(token)
    for letter in letters:
        letter.send()


def hand_over(letter: EmailMessage) -> None:
    """Send it, at once or at the end of `held`."""
    letters = _held.get()
    if letters is None:
        letter.send()
    else:
        letters.append(letter)


def send_mail(*, to: str, template: str, context: dict[str, Any]) -> None:
    """Send ``<template>_subject.txt``, ``_message.txt`` and ``_message.html`` to an address.

    Raises `OSError` (`SMTPException` is one) when no mail server takes it.
    """
    values = context | {
        "site": settings.PUBLIC_URL,
        "current_site": {"domain": urlsplit(settings.PUBLIC_URL).netloc},
    }
    subject = " ".join(render_to_string(f"{template}_subject.txt", values).split())
    mail = EmailMultiAlternatives(
        subject, render_to_string(f"{template}_message.txt", values).strip() + "\n", to=[to]
    )
    mail.attach_alternative(render_to_string(f"{template}_message.html", values), "text/html")
    mail.send()


def send_noted_mail(
    note: Callable[..., object], *, to: str, template: str, context: dict[str, Any]
) -> None:
    """`send_mail`, and keep how it went: ``note(is_sent=...)``, insisted on once it is sent.

    Raises what `send_mail` raises, for the errand to be tried again.
    """
    try:
        send_mail(to=to, template=template, context=context)
    except OSError:
        note(is_sent=False)
        raise
    insist(lambda: note(is_sent=True))
