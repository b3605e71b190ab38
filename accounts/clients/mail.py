"""Mail of our own; allauth sends its own through its adapter."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string


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
