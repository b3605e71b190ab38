"""What all pages about people's data share: a reason, and a receipt."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from audit.actions.receipts import look_at
from audit.forms import ReasonForm
from audit.queries import Subject, concerned, may_look
from core.admin import Page
from core.context import current_origin
from core.errors import ActionError
from core.requests import person, show_refusal


class AskingAdmin(Page):
    """Pages that open after a reason was given."""

    def ask(
        self, request: HttpRequest, look: Callable[[str], object], leads_to: str, **context: Any
    ) -> HttpResponse:
        """Ask why; ``look`` takes the reason, and the page that was wanted opens.

        That is the admin's own page that `?next=` names, else ``leads_to``.
        """
        form = ReasonForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                look(form.cleaned_data["reason"])
            except ActionError as refusal:
                show_refusal(form, refusal)
            else:
                wanted = request.GET.get("next", "")
                return redirect(wanted if _is_in_admin(wanted) else leads_to)
        changes = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        context = {
            "back": changes,
            **context,
            **self.admin_site.each_context(request),
            "title": "Say why you need to see this",
            "look_minutes": settings.STAFF_LOOK_MINUTES,
            "form": form,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/reason.html", context)

    def to_reason(self, request: HttpRequest, *args: str) -> HttpResponse:
        """To the page that asks, and back to where one was."""
        label = f"{self.opts.app_label}_{self.opts.model_name}"
        address = reverse(f"admin:{label}_reason", args=args)
        return redirect(f"{address}?{urlencode({'next': request.get_full_path()})}")


def _is_in_admin(wanted: str) -> bool:
    is_ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return is_ours and wanted.startswith(reverse("admin:index"))


class PersonalAdmin(AskingAdmin):
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
        return self.to_reason(request, quote(unquote(object_id)))

    def reason_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask why; then open the page."""
        row = self.get_object(request, unquote(object_id))
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined, no-any-return]
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        subject, staff = self.subject_of(row), person(request)
        people = concerned(staff, subject)
        label = f"{self.opts.app_label}_{self.opts.model_name}"
        return self.ask(
            request,
            lambda reason: look_at(actor=staff, subject=subject, reason=reason),
            reverse(f"admin:{label}_change", args=[quote(unquote(object_id))]),
            subject=subject,
            people=people.order_by("name", "pk")[:10],
            number=people.count(),
        )
