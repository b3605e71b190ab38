"""The audit in the admin, and what all pages about people's data share: a reason, and a receipt."""

from calendar import month_name, monthrange
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from audit.actions.exports import MAX_DAYS, READ, record_export
from audit.actions.receipts import look_at
from audit.exports import export
from audit.forms import ExportForm, ReasonForm
from audit.models import AccessReceipt
from audit.queries import (
    DONE,
    NEWEST_FIRST,
    REFUSED,
    Subject,
    action_of,
    concerned,
    is_refusal,
    matching,
    may_look,
    object_of,
    of_outcome,
)
from core.admin import Page, ReadOnlyAdmin
from core.context import current_origin
from core.errors import ActionError
from core.events import DomainEvent
from core.models import Event
from core.permissions import has_permission
from core.requests import person, show_refusal


class PersonalAdmin(Page):
    """Pages about people's data: they open after a reason was given, which leaves a receipt.

    Lists show what is needed to find a row, and no content.
    """

    def subject_of(self, row: Any) -> Subject:
        """What the row belongs to, and whose data it is."""
        raise NotImplementedError

    def get_urls(self) -> list[Any]:
        """With the page that asks for the reason."""
        view = self.admin_site.admin_view(self.reason_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_reason"
        return [path("<path:object_id>/reason/", view, name=name), *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """The row, to who has said why."""
        closed = self.door(request, object_id, is_write=request.method == "POST")
        return closed or super().change_view(request, object_id, form_url, extra_context)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """What was changed in the admin, to who has said why."""
        return self.door(request, object_id) or super().history_view(
            request, object_id, extra_context
        )

    def door(
        self, request: HttpRequest, object_id: str, *, is_write: bool = False
    ) -> HttpResponse | None:
        """The way to the page that asks for a reason; None where it stands open.

        Also None where there is nothing, or nothing to see for this person: the page says so.
        """
        row = self.get_object(request, unquote(object_id))
        if row is None or not self.has_view_or_change_permission(request, row):
            return None
        staff, session = person(request), current_origin().session
        is_write = is_write and self.has_change_permission(request, row)
        if may_look(staff, self.subject_of(row), session=session, is_write=is_write):
            return None
        address = self._address("reason", object_id)
        return redirect(f"{address}?{urlencode({'next': request.get_full_path()})}")

    def reason_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask why; then open the page."""
        row = self.get_object(request, unquote(object_id))
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined, no-any-return]
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        subject, staff = self.subject_of(row), person(request)
        form = ReasonForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                look_at(actor=staff, subject=subject, reason=form.cleaned_data["reason"])
            except ActionError as refusal:
                show_refusal(form, refusal)
            else:
                return redirect(self._next(request, object_id))
        context = {
            **self.admin_site.each_context(request),
            "title": "Say why you need to see this",
            "subject": subject,
            "people": concerned(staff, subject).order_by("name", "pk")[:10],
            "number": concerned(staff, subject).count(),
            "look_minutes": settings.STAFF_LOOK_MINUTES,
            "form": form,
            "opts": self.opts,
            "back": reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"),
        }
        return TemplateResponse(request, "admin/reason.html", context)

    def _address(self, name: str, object_id: str) -> str:
        label = f"{self.opts.app_label}_{self.opts.model_name}"
        return reverse(f"admin:{label}_{name}", args=[quote(unquote(object_id))])

    def _next(self, request: HttpRequest, object_id: str) -> str:
        wanted = request.GET.get("next", "")
        is_ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
        if is_ours and wanted.startswith(reverse("admin:index")):
            return wanted
        return self._address("change", object_id)


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


class OutcomeFilter(admin.SimpleListFilter):
    """Done or refused."""

    title = "outcome"
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Both."""
        return [(DONE, "Done"), (REFUSED, "Refused")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        """What was chosen."""
        return of_outcome(queryset, self.value() or "")


class ActionFilter(admin.SimpleListFilter):
    """The events that the product knows; the log is not asked which ones it holds."""

    title = "action"
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """All of them."""
        return [(name, name) for name in sorted(DomainEvent.classes)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        """What was chosen."""
        return queryset.filter(name=self.value()) if self.value() else queryset


class WhenFilter(admin.SimpleListFilter):
    """Years, then the months of one, then the days of one.

    As Django's date hierarchy, but worked out from the oldest entry's time alone: that one reads
    the whole log to leave out the months in which nothing happened.
    """

    title = "time"
    parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """What lies within what is chosen, and what is chosen itself."""
        chosen = _period(self.value_in(request))
        now = timezone.localtime()
        if chosen is None:
            oldest = Event.objects.order_by("at").values_list("at", flat=True).first() or now
            return [(str(year), str(year)) for year in range(now.year, oldest.year - 1, -1)]
        year, month, _ = chosen
        steps = [(f"{year}", f"{year}")]
        if month:
            steps.append((f"{year}-{month:02}", f"{month_name[month]} {year}"))
            days = range(1, monthrange(year, month)[1] + 1)
            inside = [
                (f"{year}-{month:02}-{each:02}", f"{each} {month_name[month]}") for each in days
            ]
        else:
            inside = [(f"{year}-{each:02}", f"{month_name[each]} {year}") for each in range(1, 13)]
        return [*steps, *inside]

    def value_in(self, request: HttpRequest) -> str:
        """What is chosen, before the filter itself has read it."""
        return request.GET.get(self.parameter_name, "")

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        """From the beginning of what is chosen to its end, in the reader's time zone."""
        chosen = _period(self.value() or "")
        if chosen is None:
            return queryset
        year, month, day = chosen
        zone = timezone.get_current_timezone()
        start = datetime(year, month or 1, day or 1, tzinfo=zone)
        if day:
            end = start + timedelta(days=1)
        else:
            end = start.replace(year=year + (not month or month == 12), month=(month % 12) + 1)
        return queryset.filter(at__gte=start, at__lt=end)


def _period(text: str) -> tuple[int, int, int] | None:
    """Year, month and day of ``2026``, ``2026-11`` or ``2026-11-21``, 0 for what is not said."""
    parts = [int(part) for part in text.split("-") if part.isdecimal() and len(part) <= 4]
    year, month, day = (*parts, 0, 0, 0)[:3]
    try:
        datetime(year, month or 1, day or 1)  # noqa: DTZ001 - only whether there is such a day
    except ValueError:
        return None
    return (year, month, day) if year < 9999 else None


@admin.register(Event)
class AuditLogAdmin(ReadOnlyAdmin):
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
        """With the export."""
        view = self.admin_site.admin_view(self.export_view)
        return [path("export/", view, name="core_event_export"), *super().get_urls()]

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
        form = ExportForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                record_export(actor=person(request), search=form.search, form=form.file)
            except ActionError as refusal:
                show_refusal(form, refusal)
            else:
                return export(request, form.search, form.file)
        context = {
            **self.admin_site.each_context(request),
            "title": "Export the audit log",
            "form": form,
            "opts": self.opts,
            "back": reverse("admin:core_event_changelist"),
            "max_days": MAX_DAYS,
        }
        return TemplateResponse(request, "admin/audit/export.html", context)


@admin.register(AccessReceipt)
class AccessReceiptAdmin(ReadOnlyAdmin):
    """Who looked at what, and why."""

    list_display = ["at", "staff", "kind", "object_id", "reason"]
    list_select_related = ["staff"]
    search_fields = ["staff__email", "staff__name", "=object_id"]
    ordering = ["-at", "-pk"]
    show_full_result_count = False
    exclude = ["people", "title"]
