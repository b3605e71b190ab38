"""The audit in the admin, and what all pages about people's data share: a reason, and a receipt."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from audit.actions.receipts import look_at
from audit.forms import ReasonForm
from audit.models import AccessReceipt
from audit.queries import Subject, concerned, may_look
from core.admin import Page, ReadOnlyAdmin
from core.context import current_origin
from core.errors import ActionError
from core.requests import person


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
        closed = self.door(request, object_id)
        return closed or super().change_view(request, object_id, form_url, extra_context)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """What was changed in the admin, to who has said why."""
        return self.door(request, object_id) or super().history_view(
            request, object_id, extra_context
        )

    def door(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        """The way to the page that asks for a reason; None where it stands open.

        Also None where there is nothing, or nothing to see for this person: the page says so.
        """
        row = self.get_object(request, unquote(object_id))
        if row is None or not self.has_view_or_change_permission(request, row):
            return None
        staff, session = person(request), current_origin().session
        is_write = request.method == "POST"
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
                form.add_error(refusal.field or None, refusal.detail)
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


@admin.register(AccessReceipt)
class AccessReceiptAdmin(ReadOnlyAdmin):
    """Who looked at what, and why."""

    list_display = ["at", "staff", "kind", "object_id", "reason"]
    list_select_related = ["staff"]
    search_fields = ["staff__email", "staff__name", "=object_id"]
    ordering = ["-at", "-pk"]
    show_full_result_count = False
    exclude = ["people", "title"]
