"""Middleware: policies, the size of requests, and the origin of actions."""

from collections.abc import Callable
from http import HTTPStatus

from csp.constants import HEADER, SELF
from csp.middleware import CSPMiddleware
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.core.exceptions import RequestDataTooBig
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.functional import SimpleLazyObject

from core.authentication import person_of_session
from core.context import acting_from, origin_of_request
from core.errors import ActionError, NotAllowed
from core.outages import CROWDED, Crowded
from core.refusals import tell_of_request
from core.requests import refuse
from core.sizes import TOO_LARGE


class PolicyHeadersMiddleware:
    """The policies that Django has no setting for (settings.POLICY_HEADERS), on every answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with the headers that the view has not set itself."""
        response = self.get_response(request)
        for name, value in settings.POLICY_HEADERS.items():
            response.headers.setdefault(name, value)
        return response


class ContentPolicyMiddleware(CSPMiddleware):
    """django-csp, which builds the same policy anew for each answer that marks no script."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        super().__init__(get_response)
        self._policy = ""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Answer with the policy that was built before, unless this answer has one of its own."""
        is_common = (
            not hasattr(request, "_csp_nonce")
            and not response.streaming
            and HEADER not in response
            and response.status_code < HTTPStatus.BAD_REQUEST
            and not any(name.startswith("_csp_") for name in vars(response))
        )
        if is_common and self._policy:
            response.headers[HEADER] = self._policy
            return response
        response = super().process_response(request, response)
        if is_common:
            self._policy = response.headers[HEADER]
        return response


class AdminPolicyMiddleware:
    """In Django's admin all scripts of this host may run: its pages mark none with a nonce."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Tell django-csp, which writes the header afterwards."""
        response = self.get_response(request)
        if request.resolver_match and request.resolver_match.app_name == "admin":
            response._csp_replace = {"script-src": [SELF]}  # type: ignore[attr-defined]
        return response


class CompressionMiddleware(GZipMiddleware):
    """Django's own, but for files: most are packed already, and their length is told."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Answer with what is smaller."""
        if isinstance(response, FileResponse):
            return response
        return super().process_response(request, response)


class SizeLimitMiddleware:
    """413 where core.sizes has dropped a body that was too large."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Refuse it; core.views.bad_request answers."""
        if getattr(request, "scope", {}).get(TOO_LARGE):
            raise RequestDataTooBig
        return self.get_response(request)


class CrowdedMiddleware:
    """503 where so many wait that the server (consultsuite.handler) lets nobody wait any more."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Refuse it; core.views.server_error answers."""
        if waiting := getattr(request, "scope", {}).get(CROWDED):
            raise Crowded(f"{waiting} requests wait")
        return self.get_response(request)


class PersonMiddleware(AuthenticationMiddleware):
    """Django's own, with a person who is found by written SQL."""

    def process_request(self, request: HttpRequest) -> None:
        """Set ``request.user``, looked up when it is asked for first."""
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: person_of_session(request))  # type: ignore[assignment]


class RequestContextMiddleware:
    """Events recorded while a request runs carry its address, user agent and session."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Run the view with its origin set."""
        with acting_from(origin_of_request(request)):
            return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Refused actions are told to the person."""
        if isinstance(error, NotAllowed):
            tell_of_request(request, error)
        if isinstance(error, ActionError):
            return refuse(request, error)
        return None
