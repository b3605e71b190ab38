"""The admin: what all its pages share, and the pages of the core, which only show.

Every save goes through an action. Where there is none, nobody changes anything here: the admin
then shows what is, without the words of conversations. Staff read those, if they must, through
views of their own that leave a receipt.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from allauth.account.decorators import secure_admin_login
from django.contrib import admin, messages
from django.contrib.admin.filters import FieldListFilter
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import CheckboxInput, ModelForm
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils.safestring import SafeString, mark_safe

from core.actions.errands import try_errand_again
from core.errors import ActionError, NotAllowed
from core.models import Errand, ErrandQuerySet, IdempotentAnswer, PolicyViolation, Stream
from core.permissions import has_permission
from core.refusals import tell_of_request
from core.requests import person

admin.site.site_header = admin.site.site_title = "Consult Suite"
admin.site.index_title = "Administration"
# One way to sign in for everybody: what it checks counts for staff too.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
# And one way to change a password.
admin.site.password_change = lambda *_: redirect("account_change_password")  # type: ignore[method-assign, assignment]


class DeclaredAutocomplete(AutocompleteJsonView):
    """Looks up what a form of ours offers to look up, and for nobody else's field."""

    def process_request(self, request: HttpRequest) -> Any:
        """As Django, which answers for every column that points to something."""
        found = super().process_request(request)
        field = found[2]
        if (field.model, field.name) not in _looked_up(self.admin_site):
            raise PermissionDenied
        return found


def _looked_up(site: Any) -> set[tuple[Any, str]]:
    pages = site._registry.values()
    forms = [*pages, *(inline for page in pages for inline in page.inlines)]
    return {(form.model, name) for form in forms for name in form.autocomplete_fields}


admin.site.autocomplete_view = DeclaredAutocomplete.as_view(admin_site=admin.site)  # type: ignore[method-assign, assignment]

if TYPE_CHECKING:  # Django's classes take a parameter in their type stubs only
    Page = admin.ModelAdmin[Any]
    Inline = admin.TabularInline[Any, Any]
    Form = ModelForm[Any]
else:
    Page, Inline, Form = admin.ModelAdmin, admin.TabularInline, ModelForm


class ActingAdmin(Page):
    """What every page shares: lists answer what they offer to be asked; actions for chosen rows."""

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only what the list's own filters and dates ask for; anything else is a 400.

        Django lets an address ask for every column: who guesses its beginning, letter by letter,
        reads what no page shows.
        """
        asked = {
            name
            for each in self.list_filter
            for name in self._filter(each, request or HttpRequest())
        }
        if self.date_hierarchy:
            asked |= {f"{self.date_hierarchy}__{part}" for part in ("year", "month", "day")}
        return lookup in asked

    def _filter(self, offered: Any, request: HttpRequest) -> list[str | None]:
        """The names by which one of the list's filters is asked."""
        if isinstance(offered, type):
            return [offered.parameter_name]  # type: ignore[attr-defined]
        name, make = offered if isinstance(offered, tuple) else (offered, FieldListFilter.create)
        field = get_fields_from_path(self.model, name)[-1]
        return make(field, request, {}, self.model, self, field_path=name).expected_parameters()  # type: ignore[no-any-return]

    @admin.display(description=mark_safe('<input type="checkbox" id="action-toggle">'))
    def action_checkbox(self, obj: Any) -> SafeString:
        """Django's box to choose a row, called by its id: a row's own words may be content."""
        name = f"Select {obj._meta.verbose_name} {obj.pk}"
        attributes = {"class": "action-select", "aria-label": name}
        box = CheckboxInput(attributes, check_test=lambda _: False)
        return box.render(ACTION_CHECKBOX_NAME, str(obj.pk))

    def to_field_allowed(self, request: HttpRequest, to_field: str) -> bool:
        """A row is named by its key: by another column the door would be another row's."""
        return to_field == self.opts.pk.attname

    def act_on_each(
        self,
        request: HttpRequest,
        queryset: QuerySet[Any],
        act: Callable[[Any], object],
        done: str,
    ) -> None:
        """Call an action for each chosen row; say how many were done, and why others were not."""
        number = 0
        for row in queryset:
            try:
                act(row)
            except ActionError as refusal:
                if isinstance(refusal, NotAllowed):
                    tell_of_request(request, refusal)
                # Its title would be content.
                name = f"{row._meta.verbose_name} {getattr(row, 'email', None) or row.pk}"
                self.message_user(request, f"{name}: {refusal.detail}", messages.ERROR)
            else:
                number += 1
        if number:
            self.message_user(request, f"{number} {done}.", messages.SUCCESS)


class ReadOnlyAdmin(ActingAdmin):
    """Shows rows; adds, changes and deletes none."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False


class ReadOnlyInline(Inline):
    """Shows rows of another table; changes none."""

    extra = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False


class RefusalForm(Form):
    """A form that shows why an action has refused what was typed."""

    refusal: ActionError | None = None

    def clean(self) -> dict[str, Any] | None:
        """Put the refusal beside its field, or above the form."""
        cleaned = super().clean()
        if self.refusal is not None:
            field = self.refusal.field if self.refusal.field in self.fields else None
            self.add_error(field, self.refusal.detail)
        return cleaned


class ActionAdmin(ActingAdmin):
    """Saves through actions; what they refuse is shown in the form, with what was typed."""

    form = RefusalForm

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: what has happened is not deleted."""
        return False

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """The form, which knows of the refusal of this request if there was one."""
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"refusal": getattr(request, "refusal", None)})

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Save; if the action refuses (which undid everything), show the same form again."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except ActionError as refusal:
            if isinstance(refusal, NotAllowed):
                tell_of_request(request, refusal)
            request.refusal = refusal  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)


@admin.register(Stream)
class StreamAdmin(ReadOnlyAdmin):
    """Numbered sequences of events."""

    list_display = ["kind", "object_id", "head"]
    list_filter = ["kind"]
    search_fields = ["=object_id"]
    ordering = ["-pk"]


@admin.register(IdempotentAnswer)
class IdempotentAnswerAdmin(ReadOnlyAdmin):
    """Answered requests. Their bodies are not shown: they hold what people wrote."""

    list_display = ["created_at", "user", "key", "status"]
    list_filter = ["status"]
    list_select_related = ["user"]
    date_hierarchy = "created_at"
    search_fields = ["user__email", "=key"]
    exclude = ["body"]
    ordering = ["-created_at"]


@admin.register(PolicyViolation)
class PolicyViolationAdmin(ReadOnlyAdmin):
    """What browsers refused because of the content security policy, each kind once."""

    list_display = ["last_at", "directive", "blocked", "route", "source", "count", "first_at"]
    list_filter = ["directive"]
    search_fields = ["blocked", "route", "source"]
    ordering = ["-last_at"]


class ErrandFilter(admin.SimpleListFilter):
    """By state."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """What is not done."""
        return [("given_up", "Given up"), ("waiting", "Waiting")]

    def queryset(self, request: HttpRequest, queryset: ErrandQuerySet) -> ErrandQuerySet:  # type: ignore[override]
        """What was chosen."""
        chosen = self.value()
        if chosen == "given_up":
            return queryset.given_up()
        return queryset.waiting() if chosen == "waiting" else queryset


@admin.register(Errand)
class ErrandAdmin(ReadOnlyAdmin):
    """Background work that follows events; what was given up can be tried again."""

    list_display = ["created_at", "name", "status", "attempts", "last_failure", "due_at", "done_at"]
    list_filter = [ErrandFilter]
    search_fields = ["=event__id", "name"]
    fields = [
        "created_at", "name", "status", "attempts", "last_failure", "due_at", "done_at", "event",
    ]  # fmt: skip
    readonly_fields = ["status"]
    ordering = ["-created_at", "-pk"]
    show_full_result_count = False
    actions = ["try_again"]

    def has_try_permission(self, request: HttpRequest) -> bool:
        """Who may change errands, by action."""
        return has_permission(person(request), "core.change_errand")

    @admin.action(description="Try again what was given up", permissions=["try"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Errand]) -> None:
        """By `try_errand_again`."""
        self.act_on_each(
            request,
            queryset,
            lambda errand: try_errand_again(actor=person(request), errand=errand),
            "tried again",
        )
