"""Limits of the API."""

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from core.addresses import address_of_request
from core.limits import spend


class Limit(BaseThrottle):
    """Counts every request: the signed-in person's, or those of an address.

    A view's ``limits`` names another limit than `api` for a method.
    """

    def allow_request(self, request: Request, view: Any) -> bool:
        """True; raises `RateLimited` (429)."""
        name = getattr(view, "limits", {}).get(request.method, "api")
        person = request.user.pk
        # The API at large counts an address only while nobody is signed in.
        address = address_of_request(request._request) if name != "api" or not person else None
        spend(name, person=person, address=address)
        return True
