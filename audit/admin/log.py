"""The audit log in the admin."""

import json
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import SEARCH_VAR
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

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
    people_meant,
    shown_by,
)
from core.admin import ReadOnlyAdmin
from core.context import current_origin
from core.devices import device_of
from core.errors import ActionError
from core.events import DomainEvent
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

    list_display = ["moment", "outcome", "what", "who", "about"]
    list_filter = [OutcomeFilter, WhenFilter, ActionFilter]
    list_select_related = ["actor", "stream"]
    search_fields = ["actor__email"]  # shows the field; `get_search_results` searches
    search_help_text = "A person's name or address, <kind>:<id> of what it was about, or its id."
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # they count
    paginator = FirstPages
    list_per_page = 50
    ordering = NEWEST_FIRST
    empty_value_display = ""
    sortable_by = ()
    change_list_template = "admin/audit/log.html"
    readonly_fields = [
        "moment", "outcome", "words", "action", "refusal", "actor", "object", "stream", "seq",
        "address", "device", "user_agent", "session", "details",
    ]  # fmt: skip
    fields = [*readonly_fields]

    def get_fields(self, request: HttpRequest, obj: Event | None = None) -> Any:
        """Why it was refused, of what was."""
        is_done = obj is not None and not is_refusal(obj)
        return [name for name in self.fields if not (is_done and name == "refusal")]

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
            back=reverse("admin:index"),
        )

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """A page of the log, when everybody whom it shows has been told."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        meant = set(people_meant(request.GET.get(SEARCH_VAR, "")))
        if refused := self._shown(request, meant):  # before there is anything to be told from
            return refused
        context = {"title": "Audit log", "zone": timezone.get_current_timezone_name()}
        answer = super().changelist_view(request, context | (extra_context or {}))
        found = (getattr(answer, "context_data", None) or {}).get("cl")
        if found is None:
            return answer
        self._shown(request, shown_by(found.result_list))
        return answer

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

    @admin.display(description="when")
    def moment(self, event: Event) -> SafeString:
        """To the second, in the reader's time zone."""
        at = timezone.localtime(event.at)
        words = date_format(at, "j M Y, H:i:s")
        return format_html('<time datetime="{}">{}</time>', at.isoformat(), words)

    @admin.display
    def outcome(self, event: Event) -> SafeString:
        """Done or refused."""
        word = "refused" if is_refusal(event) else "done"
        return format_html('<span class="outcome-{}">{}</span>', word, word)

    @admin.display(description="what happened")
    def words(self, event: Event) -> str:
        """In words."""
        found = DomainEvent.classes.get(event.name)  # none of a version that is no more
        return found.words() if found else event.name

    @admin.display
    def action(self, event: Event) -> str:
        """The event's name, or what was tried."""
        return action_of(event)

    @admin.display(description="why it was refused")
    def refusal(self, event: Event) -> str:
        """The reason, and the permission that was missing."""
        data = event.data if is_refusal(event) else {}
        reason = str(data.get("reason", "")).replace("_", " ")
        missing = f", {data['permission']} is missing" if data.get("permission") else ""
        return f"{reason}{missing}"

    @admin.display(description="what")
    def what(self, event: Event) -> SafeString:
        """Words, and the action's name, which leads to all of its kind."""
        words = f"Tried in vain: {self.refusal(event)}" if is_refusal(event) else self.words(event)
        link = self._only(action_of(event), action=action_of(event))
        return format_html("{} <code>{}</code>", words, link)

    @admin.display(description="who")
    def who(self, event: Event) -> SafeString | str:
        """Their name, which leads to all that they did."""
        person = event.actor
        if person.is_system:
            return "Somebody not signed in" if is_refusal(event) else person.name
        return format_html("<bdi>{}</bdi>", self._only(person.name, q=person.email))

    @admin.display(description="on what")
    def about(self, event: Event) -> SafeString | str:
        """Its kind and how its id begins, which lead to all that happened to it."""
        name, whose = object_of(event), ""
        if ":" not in name and name:  # a list, and who was shown in it
            name, whose = str(event.stream), f"{name}: "
        kind, _, object_id = name.partition(":")
        words = f"{whose}{kind} {object_id[:8]}".replace("_", " ").strip()
        return self._only(words, name, q=name) if object_id else ""

    @admin.display(description="on what")
    def object(self, event: Event) -> str:
        """`<kind>:<id>`."""
        return object_of(event)

    @admin.display(description="IP address")
    def address(self, event: Event) -> str:
        """From where; nothing for background work."""
        return event.ip or ""

    @admin.display
    def device(self, event: Event) -> str:
        """The program."""
        return device_of(event.user_agent).name if event.user_agent else ""

    @admin.display
    def details(self, event: Event) -> SafeString:
        """The event's own fields."""
        return format_html("<pre>{}</pre>", json.dumps(event.data, indent=2, ensure_ascii=False))

    def _only(self, words: str, title: str = "", **asked: str) -> SafeString:
        """A link to the entries of one kind."""
        address = f"{reverse('admin:core_event_changelist')}?{urlencode(asked)}"
        return format_html('<a href="{}" title="{}">{}</a>', address, title or words, words)

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
