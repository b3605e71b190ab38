"""What the token used lets a program do, whatever its person may."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from core.errors import ReadOnlyToken


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
