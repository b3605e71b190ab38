"""The audit log over HTTP, for whoever holds the permission to read it."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from audit.actions.exports import READ, record_export
from audit.actions.receipts import NoReason, ReasonNeeded, look_through
from audit.exports import export
from audit.models import MAX_REASON, MIN_REASON
from audit.queries import AUDIT_LOG, NEWEST_FIRST, Listing, entries, receipts_of, shown_by
from audit.serializers import (
    AccessReceiptSerializer,
    EntrySerializer,
    ExportSerializer,
    SearchQuery,
)
from core.api.schema import CURSOR, LIMIT, listing
from core.api.views import AdminApiView, ApiView
from core.models import Event
from core.permissions import require

REASON = OpenApiParameter(
    "X-Reason",
    {"type": "string", "minLength": MIN_REASON, "maxLength": MAX_REASON},
    OpenApiParameter.HEADER,
    description="Why you need to see this, in UTF-8. Everybody whom the answer shows reads it. It "
    f"counts for {settings.STAFF_LOOK_MINUTES} minutes, for this list and this token or session, "
    "where a reason given in the admin counts too. Without one that counts what is personal is "
    "null; searching for a person or an object and an export are refused: 400 `reason_needed`.",
)


class LookingView(AdminApiView):
    """A list of people's data: those whom an answer shows are told, and read why."""

    def shows_all(
        self, listing: Listing, people: Collection[UUID], *, is_search: bool = False
    ) -> bool:
        """Whether a reason counts, by `look_through`, before the answer leaves.

        Without one a list keeps back what is personal, and nobody is told. Raises `ReasonNeeded`
        where somebody or something was searched for, and what `look_through` does.
        """
        try:
            look_through(actor=self.person, listing=listing, people=people, reason=self.reason)
        except ReasonNeeded as refusal:
            if is_search:
                raise self.named(refusal) from None
            return False
        except NoReason as refusal:
            raise self.named(refusal) from None
        return True

    @property
    def reason(self) -> str | None:
        """What the header says, if it is there. HTTP hands it on as Latin-1, whatever was sent."""
        text = self.request.headers.get(REASON.name)
        if text is None:
            return None
        try:
            return text.encode("latin-1").decode()
        except UnicodeError:
            return text

    def named(self, refusal: NoReason) -> NoReason:
        """The refusal of the reason, by the name of the header."""
        refusal.field = REASON.name
        return refusal


class AuditLogs(LookingView):
    """Who did or tried what, on what, when and from where."""

    @listing(
        "audit_logs_list",
        EntrySerializer,
        parameters=[SearchQuery, REASON, CURSOR, LIMIT],
        refuses=[403],
    )
    def get(self, request: Request) -> Response:
        """Newest first. Needs the permission `accounts.view_audit_logs`."""
        require(self.person, READ)
        search = self.query(SearchQuery)["search"]

        def present(events: Sequence[Event]) -> Any:
            people = shown_by(events, person=search.person, about=search.object)
            is_search = bool(search.person or search.address or search.object)
            whole = self.shows_all(AUDIT_LOG, people, is_search=is_search)
            return EntrySerializer(events, many=True, context={"shows_all": whole}).data

        return self.page(entries(search), present, ordering=NEWEST_FIRST)


class AuditLogExport(LookingView):
    """A part of the log as a file."""

    @extend_schema(
        operation_id="audit_logs_export",
        request=ExportSerializer,
        parameters=[REASON],
        responses={
            (200, "text/csv; charset=utf-8"): OpenApiResponse(OpenApiTypes.STR),
            (200, "application/x-ndjson"): OpenApiResponse(OpenApiTypes.STR),
        },
    )
    def post(self, request: Request) -> HttpResponseBase:
        """At most 92 days at a time, newest first. That it was taken away is itself recorded."""
        require(self.person, READ)
        wanted = self.body(ExportSerializer)
        search, form = wanted["search"], wanted["form"]
        try:
            receipt = record_export(actor=self.person, search=search, form=form, reason=self.reason)
        except NoReason as refusal:
            raise self.named(refusal) from None
        return export(request._request, search, form, receipt)


class AccessReceipts(ApiView):
    """Who looked at your data."""

    @listing("access_receipts_list", AccessReceiptSerializer)
    def get(self, request: Request) -> Response:
        """Each time that staff opened something of yours, with their reason, newest first."""
        return self.page(
            receipts_of(self.person),
            lambda found: AccessReceiptSerializer(found, many=True).data,
            ordering=NEWEST_FIRST,
        )
