"""allauth's pages that write: what they write and its events are one transaction.

allauth tells of what it has written by signals, some of them after its commit: where recording
failed, something would have happened of which the log knows nothing.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse

from accounts.actions.second_factors import record_second_factors_made
from accounts.clients.mail import held
from accounts.queries import factors_of
from core.requests import person

View = Callable[..., HttpResponse]


def written(view: View) -> View:
    """The page; its mails leave when everything stands."""

    @wraps(view)
    def whole(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user = request.user
        try:
            with held(), transaction.atomic():
                return view(request, *args, **kwargs)
        except Exception:
            request.user = user  # who was to be signed in here is not
            raise

    return whole


def factors_written(view: View) -> View:
    """A page that may give somebody second factors, of which allauth tells after its commit."""

    @wraps(view)
    def whole(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user = person(request)
        before = factors_of(user) if user.is_authenticated else None
        answer = view(request, *args, **kwargs)
        if before is not None:
            record_second_factors_made(actor=user, before=before)
        return answer

    return written(whole)
