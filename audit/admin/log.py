"""The audit log in the admin."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.functional import cached_property

from audit.actions.exports import MAX_DAYS, READ, record_export
from audit.actions.receipts import ReasonNeeded, look_through
from audit.admin.filters import ActionFilter, OutcomeFilter, WhenFilter
from audit.admin.personal import AskingAdmin
from audit.exports import export
from audit.forms import ExportForm
from audit.queries import (
    AUDIT_LOG,
    NEWEST_FIRST,
    action_of,
    is_refusal,
    looks_through,
    matching,
    object_of,
    shown_by,
)
from core.admin import ReadOnlyAdmin
from core.context import current_origin
from core.errors import ActionError
from core.models import Event
from core.permissions import has_permission
from core.requests import person, show_refusal


class FirstPages(Paginator):  # type: ignore[type-arg]
    """Counts no further than `MOST`: who wants to see older entries says when.

    Counting everything that matches would read all of it, at every page.
    """

    MOST = 10_000

    @cached_property
    def count(self) -> int:
        """How many match, at most `MOST`."""
        rows: Any = self.object_list
        return int(rows.order_by()[: self.MOST].count())


@admin.register(Event)
class AuditLogAdmin(AskingAdmin, ReadOnlyAdmin):
    """Who did or tried what, on what, when and from where."""

    list_display = ["at", "outcome", "action", "actor", "about", "session"]
    list_filter = [OutcomeFilter, WhenFilter, ActionFilter]
    list_select_related = ["actor", "stream"]
    search_fields = ["actor__email"]  # shows the field; `get_search_results` searches
    search_help_text = "A person's name or address, <kind>:<id> of what it was about, or its id."
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # they count
    paginator = FirstPages
    list_per_page = 50
    ordering = NEWEST_FIRST
    sortable_by = ()
    change_list_template = "admin/audit/log.html"
    readonly_fields = [
        "at", "outcome", "action", "actor", "about", "stream", "seq", "ip", "user_agent",
        "session", "data",
    ]  # fmt: skip
    fields = [*readonly_fields]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who holds the permission to read the audit log."""
        return has_permission(person(request), READ)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """The same."""
        return self.has_view_permission(request)

    def get_urls(self) -> list[Any]:
        """With the export, and the page that asks for the reason."""
        site = self.admin_site
        return [
            path("export/", site.admin_view(self.export_view), name="core_event_export"),
            path("reason/", site.admin_view(self.reason_view), name="core_event_reason"),
            *super().get_urls(),
        ]

    def reason_view(self, request: HttpRequest) -> HttpResponse:
        """Ask why; then open the log."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        staff = person(request)
        return self.ask(
            request,
            lambda reason: look_through(actor=staff, listing=AUDIT_LOG, people=[], reason=reason),
            reverse("admin:core_event_changelist"),
        )

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """A page of the log, when everybody whom it shows has been told."""
        answer = super().changelist_view(request, extra_context)
        found = (getattr(answer, "context_data", None) or {}).get("cl")
        if found is None:
            return answer
        people = shown_by(found.result_list, about=found.query)
        return self._shown(request, people) or answer

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """An entry, likewise."""
        answer = super().change_view(request, object_id, form_url, extra_context)
        return self._shown_of(request, object_id) or answer

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """What was changed in the admin: nothing."""
        answer = super().history_view(request, object_id, extra_context)
        return self._shown_of(request, object_id) or answer

    def _shown_of(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        event = self.get_object(request, unquote(object_id))
        return self._shown(request, shown_by([event])) if event else None

    def _shown(self, request: HttpRequest, people: set[UUID]) -> HttpResponse | None:
        """Tell them; or the way to the page that asks why."""
        try:
            look_through(actor=person(request), listing=AUDIT_LOG, people=people)
        except ReasonNeeded:
            return self.to_reason(request)
        return None

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Event], search_term: str
    ) -> tuple[QuerySet[Event], bool]:
        """By `audit.queries`, whose searches have their indexes."""
        return (matching(queryset, search_term) if search_term else queryset), False

    @admin.display
    def outcome(self, event: Event) -> str:
        """Done or refused."""
        return "refused" if is_refusal(event) else "done"

    @admin.display
    def action(self, event: Event) -> str:
        """The event's name, or what was tried."""
        return action_of(event)

    @admin.display(description="on what")
    def about(self, event: Event) -> str:
        """`<kind>:<id>`."""
        return object_of(event)

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """Take a part of the log away, by the same action as the API."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        staff = person(request)
        given = looks_through(staff, AUDIT_LOG, session=current_origin().session).first()
        form = ExportForm(request.POST or None, initial={"reason": given.reason if given else ""})
        if request.method == "POST" and form.is_valid():
            try:
                receipt = record_export(
                    actor=staff, search=form.search, form=form.file, reason=form.why
                )
            except ActionError as refusal:
                show_refusal(form, refusal)
            else:
                return export(request, form.search, form.file, receipt)
        context = {
            **self.admin_site.each_context(request),
            "title": "Export the audit log",
            "form": form,
            "opts": self.opts,
            "back": reverse("admin:core_event_changelist"),
            "max_days": MAX_DAYS,
        }
        return TemplateResponse(request, "admin/audit/export.html", context)
