"""The audit log over HTTP, for whoever holds the permission to read it."""

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from audit.actions.exports import READ, record_export
from audit.exports import export
from audit.queries import NEWEST_FIRST, entries, receipts_of
from audit.serializers import (
    AccessReceiptSerializer,
    EntrySerializer,
    ExportSerializer,
    SearchQuery,
)
from core.api.schema import CURSOR, LIMIT, listing
from core.api.views import AdminApiView, ApiView
from core.permissions import require


class AuditLogs(AdminApiView):
    """Who did or tried what, on what, when and from where."""

    @listing(
        "audit_logs_list", EntrySerializer, parameters=[SearchQuery, CURSOR, LIMIT], refuses=[403]
    )
    def get(self, request: Request) -> Response:
        """Newest first. Needs the permission `accounts.view_audit_logs`."""
        require(self.person, READ)
        search = self.query(SearchQuery)["search"]
        return self.page(
            entries(search),
            lambda events: EntrySerializer(events, many=True).data,
            ordering=NEWEST_FIRST,
        )


class AuditLogExport(AdminApiView):
    """A part of the log as a file."""

    @extend_schema(
        operation_id="audit_logs_export",
        request=ExportSerializer,
        responses={
            (200, "text/csv; charset=utf-8"): OpenApiResponse(OpenApiTypes.STR),
            (200, "application/x-ndjson"): OpenApiResponse(OpenApiTypes.STR),
        },
    )
    def post(self, request: Request) -> HttpResponseBase:
        """At most 92 days at a time, newest first. That it was taken away is itself recorded."""
        require(self.person, READ)
        wanted = self.body(ExportSerializer)
        record_export(actor=self.person, search=wanted["search"], form=wanted["form"])
        return export(request._request, wanted["search"], wanted["form"])


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
