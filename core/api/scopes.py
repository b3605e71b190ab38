"""What the token used lets a program do, whatever its person may."""

import time
from typing import Any

from django.conf import settings
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from core.errors import AdminTokenNeeded, ProofNeeded, ReadOnlyToken
from core.requests import proved_at


class WithinScope(BasePermission):
    """Refuses a token that may only read wherever something could change.

    A view sets ``open_to_read_tokens`` where changing is harmless: giving the token up.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        """True, or raises `ReadOnlyToken`: 403, and the problem says why."""
        token: Any = request.auth
        if (
            request.method in SAFE_METHODS
            or token is None
            or token.may_write
            or getattr(view, "open_to_read_tokens", False)
        ):
            return True
        raise ReadOnlyToken


class ForAdministration(BasePermission):
    """Lets in a token made to administer, and a session or sign-in that has lately proved itself.

    The same proof as the admin's, which a session left open or a token for everyday work is not.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        """True, or raises `AdminTokenNeeded` or `ProofNeeded`: 403, and the problem says how."""
        token: Any = request.auth
        if token is not None and token.may_administer:
            return True
        proof = proved_at(request._request) if token is None else token.proved_at
        if time.time() - proof > settings.ADMIN_ENTRY_MINUTES * 60:
            raise ProofNeeded if token is None else AdminTokenNeeded
        return True
