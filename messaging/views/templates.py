"""Templates for replies: the page that manages them, and what `/` offers."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import ActionError
from core.requests import person, show_refusal
from messaging.actions.templates import change_template, delete_template, make_template
from messaging.forms import ReplyTemplateForm
from messaging.markdown import render_markdown
from messaging.models import ReplyTemplate
from messaging.models.message import MAX_BODY_CHARACTERS
from messaging.queries.conversations import visible_conversation
from messaging.queries.templates import (
    managed_templates,
    own_templates,
    shared_templates,
    sharing_organisation,
    usable_templates,
)
from messaging.variables import example, fill, known_variables, unknown_variables

PAGE_SIZE = 20


@require_GET
@login_required
def template_list(request: HttpRequest) -> HttpResponse:
    """One's own and the shared ones, each with pages of their own."""
    user = person(request)
    membership = getattr(user, "membership", None)
    context = {
        "section": "messages",
        "own": _Pages(request, own_templates(user), "page"),
        "shared": _Pages(request, shared_templates(user), "shared"),
        "organisation": membership and membership.organisation,
        "manages_shared": sharing_organisation(user) is not None,
    }
    return render(request, "messaging/templates.html", context)


class _Pages:
    """One of two lists on a page: turning the one leaves the other where it is."""

    def __init__(self, request: HttpRequest, rows: QuerySet[Any], name: str) -> None:
        self._query, self._name = request.GET.copy(), name
        self.page: Page[Any] = Paginator(rows, PAGE_SIZE).get_page(request.GET.get(name))

    @property
    def previous(self) -> str:
        """The address of the page before, or empty."""
        return self._address(self.page.number - 1) if self.page.has_previous() else ""

    @property
    def next(self) -> str:
        """The address of the page after, or empty."""
        return self._address(self.page.number + 1) if self.page.has_next() else ""

    def _address(self, number: int) -> str:
        self._query[self._name] = str(number)
        return f"?{self._query.urlencode()}"


@require_http_methods(["GET", "POST"])
@login_required
def template_new(request: HttpRequest) -> HttpResponse:
    """Make one, for oneself or to share."""
    user = person(request)
    organisation = sharing_organisation(user)
    data = request.POST if request.method == "POST" else None
    initial = {"is_shared": "shared" in request.GET, "body": request.GET.get("body", "")[:2_000]}
    form = ReplyTemplateForm(data, organisation=organisation, initial=initial)
    if request.method == "POST" and form.is_valid():
        is_shared = form.cleaned_data.pop("is_shared", False)
        try:
            template = make_template(
                actor=user, organisation=organisation if is_shared else None, **form.cleaned_data
            )
        except ActionError as error:
            show_refusal(form, error)
        else:
            return _saved(request, template)
    return _form(request, form, None)


@require_http_methods(["GET", "POST"])
@login_required
def template_detail(request: HttpRequest, template_id: UUID) -> HttpResponse:
    """Change one."""
    template = get_object_or_404(managed_templates(person(request)), pk=template_id)
    data = request.POST if request.method == "POST" else None
    words = {"title": template.title, "shortcut": template.shortcut, "body": template.body}
    form = ReplyTemplateForm(data, initial=words)
    if request.method == "POST" and form.is_valid():
        try:
            change_template(actor=person(request), template=template, **form.cleaned_data)
        except ActionError as error:
            show_refusal(form, error)
        else:
            return _saved(request, template)
    return _form(request, form, template)


def _form(
    request: HttpRequest, form: ReplyTemplateForm, template: ReplyTemplate | None
) -> HttpResponse:
    context = {
        "section": "messages",
        "form": form,
        "template": template,
        "variables": known_variables(),
        **_preview(str(form["body"].value() or "")),
    }
    status = 422 if form.errors else 200
    return render(request, "messaging/template_form.html", context, status=status)


def _saved(request: HttpRequest, template: ReplyTemplate) -> HttpResponse:
    messages.success(request, f"Saved: {template.title}.")
    if unknown := unknown_variables(template.body):
        names = ", ".join(f"{{{name}}}" for name in unknown)
        messages.warning(
            request, f"Nothing is known by the name {names}: you will be asked to fill it in."
        )
    return redirect("messaging:templates")


@require_POST
@login_required
def template_preview(request: HttpRequest) -> HttpResponse:
    """How a template may read once it is filled in, and what nobody knows of its variables."""
    body = request.POST.get("body", "")
    return render(request, "messaging/template_preview.html", _preview(body))


def _preview(body: str) -> dict[str, Any]:
    body = body[:MAX_BODY_CHARACTERS]
    return {"html": render_markdown(example(body)), "unknown": unknown_variables(body)}


@require_POST
@login_required
def template_delete(request: HttpRequest, template_id: UUID) -> HttpResponse:
    """Delete one; the page has asked, naming it."""
    template = get_object_or_404(managed_templates(person(request)), pk=template_id)
    delete_template(actor=person(request), template=template)
    messages.success(request, f"Deleted: {template.title}.")
    return redirect("messaging:templates")


@require_GET
@login_required
def offered(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """All that one may use, as the entries of the list under a `/`."""
    visible_conversation(person(request), conversation_id)
    rows = usable_templates(person(request))
    return render(request, "messaging/offered_templates.html", {"templates": rows})


@require_GET
@login_required
def filled(request: HttpRequest, conversation_id: UUID, template_id: UUID) -> HttpResponse:
    """A template's words for this conversation, and what is still to be filled in."""
    user = person(request)
    conversation = visible_conversation(user, conversation_id)
    template = get_object_or_404(ReplyTemplate.objects.visible_to(user), pk=template_id)
    words = fill(template.body, actor=user, conversation=conversation)
    return JsonResponse({"text": words.text, "missing": words.missing})
