"""The base of API views: they parse, load what the person may see, make one call, answer."""

import hashlib
import json
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import (
    AuthenticationFailed,
    NotAuthenticated,
    PermissionDenied,
    ValidationError,
)
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.utils.encoders import JSONEncoder
from rest_framework.views import APIView

from core.actions.idempotency import Answer, answer_once
from core.addresses import address_of_request
from core.api.pages import CursorPagination
from core.api.scopes import ForAdministration
from core.api.shapes import wrong_types
from core.errors import NotAllowed
from core.limits import spend

MAX_KEY_CHARACTERS = 255


class ApiView(APIView):
    """A view for signed-in people, unless it says otherwise.

    ``limits`` names the limit of a method, where that is not `api` (core.api.limits).
    """

    limits: ClassVar[dict[str, str]] = {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """As DRF, which lets whoever is refused at the door try without limit."""
        try:
            super().initial(request, *args, **kwargs)
        except (AuthenticationFailed, NotAuthenticated, PermissionDenied, NotAllowed):
            person = request.user.pk
            spend("api", person=person, address=None if person else self._address)
            raise

    def spend(self, name: str) -> None:
        """Count the request against another limit besides the method's; raises `RateLimited`."""
        spend(name, person=self.person.pk, address=self._address)

    @property
    def _address(self) -> str | None:
        return address_of_request(self.request._request)

    @property
    def person(self) -> Any:
        """Who asks, as the user model's instance (`Any`: this app knows no users of its own)."""
        return getattr(self.request.user, "_wrapped", self.request.user)

    def body(self, serializer_class: type[Serializer[Any]], **options: Any) -> dict[str, Any]:
        """The request's body as validated; raises `ValidationError` (400)."""
        if options:
            serializer = serializer_class(data=self.request.data, **options)
        else:
            serializer = _reading(serializer_class, self.request.data)
        if errors := wrong_types(serializer, self.request.data):
            raise ValidationError(errors)
        return _validated(serializer)

    def query(self, serializer_class: type[Serializer[Any]]) -> dict[str, Any]:
        """The query string as validated; raises `ValidationError` (400)."""
        return _validated(_reading(serializer_class, self.request.query_params.dict()))

    def page(
        self,
        rows: QuerySet[Any],
        present: Callable[[Sequence[Any]], Any],
        *,
        ordering: tuple[str, str] = CursorPagination.ordering,
    ) -> Response:
        """One page of the rows, as ``present`` makes a list of results of them."""
        pages = CursorPagination()
        pages.ordering = ordering
        found = pages.paginate_queryset(rows, self.request, view=self)
        return pages.get_paginated_response(present(found or []))

    def once(
        self, create: Callable[[], Response], *, again: Callable[[str], Any] | None = None
    ) -> Response:
        """Run ``create`` once for each `Idempotency-Key`; without the header, every time.

        With ``again`` only the ``id`` of what was made is kept, and ``again(id)`` shows it as it
        stands now: for what can be deleted, whose words must not live on in an old answer.
        Raises `ValidationError` and `KeyUsedOtherwise` (422).
        """
        key = self.request.headers.get("Idempotency-Key", "")
        if not key:
            return create()
        if len(key) > MAX_KEY_CHARACTERS or not key.isprintable():
            raise ValidationError(
                {"Idempotency-Key": [f"At most {MAX_KEY_CHARACTERS} printable characters."]}
            )
        status, body = answer_once(
            actor=self.person,
            key=key,
            digest=_digest(self.request),
            create=lambda: _plain(create(), only_id=again is not None),
        )
        if again is not None:
            body = again(body["id"])
        return Response(body, status=status)


class AdminApiView(ApiView):
    """A view below `/api/admin/`."""

    permission_classes = (*ApiView.permission_classes, ForAdministration)


def _reading(serializer_class: type[Serializer[Any]], data: Any) -> Serializer[Any]:
    """A serializer to read a request with. Its fields are made once for all requests: none looks
    at who asks, and DRF's own copy of each field for each request costs more than the reading."""
    serializer = serializer_class(data=data)
    serializer.fields = _fields_of(serializer_class)
    return serializer


@cache
def _fields_of(serializer_class: type[Serializer[Any]]) -> Any:
    return serializer_class().fields


def _validated(serializer: Serializer[Any]) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    values: dict[str, Any] = serializer.validated_data
    return values


def _digest(request: Request) -> str:
    said = [request.method, request.path, request.data]
    text = json.dumps(said, sort_keys=True, default=_digest_of_upload)
    return hashlib.sha256(text.encode()).hexdigest()


def _digest_of_upload(upload: Any) -> str:
    upload.seek(0)
    return f"{hashlib.file_digest(upload, 'sha256').hexdigest()} {upload.name}"


def _plain(response: Response, *, only_id: bool) -> Answer:
    """Status and body as they go out, so that a repeat is equal to the last digit."""
    body = {"id": response.data["id"]} if only_id else response.data
    return response.status_code, json.loads(json.dumps(body, cls=JSONEncoder))


class UnknownAddress(APIView):
    """Whatever no route of the API answers: a problem document instead of a page."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(exclude=True)
    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer 404 to every method."""
        return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Before the method is looked at: there is nothing here, however often one asks."""
        spend("api", address=address_of_request(request._request))
        raise Http404
