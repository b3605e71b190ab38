"""The page of an organisation's people, for who manages them."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.actions.members import (
    change_member_role,
    invite_member,
    remove_member_of_organisation,
    resend_member_invitation,
    revoke_member_invitation,
)
from accounts.forms import InviteMemberForm
from accounts.models import Organisation
from accounts.queries import (
    administers,
    member_invitations,
    members_of,
    organisations_seen_by,
)
from core.errors import ActionError, RateLimited
from core.limits import limited, spend_for
from core.requests import form_too_often, person, show_refusal

PAGE_SIZE = 50


@require_safe
@login_required
def own(request: HttpRequest) -> HttpResponse:
    """To the page of one's own organisation."""
    membership = getattr(person(request), "membership", None)
    if membership is None:
        raise PermissionDenied
    return redirect("accounts:organisation", membership.organisation_id)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def people(request: HttpRequest, organisation_id: UUID) -> HttpResponse:
    """Who belongs to it and who is invited; a POST invites."""
    organisation = _managed(request, organisation_id)
    data = request.POST if request.method == "POST" else None
    form = InviteMemberForm(data, organisation=organisation)
    if request.method == "POST" and form.is_valid():
        try:
            spend_for(request, "invitation")
            invite_member(actor=person(request), organisation=organisation, **form.cleaned_data)
        except RateLimited as error:
            context = _context(request, organisation, form)
            return form_too_often(request, error, "accounts/organisation.html", context)
        except ActionError as error:
            show_refusal(form, error)
        else:
            messages.success(request, f"{form.cleaned_data['email']} is invited.")
            return redirect("accounts:organisation", organisation.pk)
    status = 422 if form.errors else 200
    return render(
        request, "accounts/organisation.html", _context(request, organisation, form), status=status
    )


@require_POST
@login_required
def member_role(request: HttpRequest, organisation_id: UUID, user_id: UUID) -> HttpResponse:
    """Give a member another role."""
    organisation = _managed(request, organisation_id)
    membership = get_object_or_404(members_of(organisation), user=user_id)
    change_member_role(
        actor=person(request), membership=membership, role=request.POST.get("role", "")
    )
    messages.success(request, f"The role of {membership.user.name} is changed.")
    return redirect("accounts:organisation", organisation.pk)


@require_POST
@login_required
def member_remove(request: HttpRequest, organisation_id: UUID, user_id: UUID) -> HttpResponse:
    """Take somebody out of the organisation."""
    organisation = _managed(request, organisation_id)
    membership = get_object_or_404(members_of(organisation), user=user_id)
    remove_member_of_organisation(actor=person(request), membership=membership)
    messages.success(request, f"{membership.user.name} is removed.")
    if not administers(person(request), organisation):
        return redirect("home")
    return redirect("accounts:organisation", organisation.pk)


@require_POST
@login_required
@limited("invitation")
def resend(request: HttpRequest, organisation_id: UUID, invitation_id: UUID) -> HttpResponse:
    """Mail a new link of an invitation."""
    organisation = _managed(request, organisation_id)
    invitation = get_object_or_404(member_invitations(organisation), pk=invitation_id)
    resend_member_invitation(actor=person(request), invitation=invitation)
    messages.success(request, f"A new link is on its way to {invitation.email}.")
    return redirect("accounts:organisation", organisation.pk)


@require_POST
@login_required
def revoke(request: HttpRequest, organisation_id: UUID, invitation_id: UUID) -> HttpResponse:
    """Take an invitation back."""
    organisation = _managed(request, organisation_id)
    invitation = get_object_or_404(member_invitations(organisation), pk=invitation_id)
    revoke_member_invitation(actor=person(request), invitation=invitation)
    messages.success(request, f"The invitation of {invitation.email} is revoked.")
    return redirect("accounts:organisation", organisation.pk)


def _managed(request: HttpRequest, organisation_id: UUID) -> Organisation:
    """The organisation; 404 for who does not belong to it, 403 for who does not manage it."""
    user = person(request)
    organisation = get_object_or_404(organisations_seen_by(user), pk=organisation_id)
    if not administers(user, organisation):
        raise PermissionDenied
    return organisation


def _context(
    request: HttpRequest, organisation: Organisation, form: InviteMemberForm
) -> dict[str, Any]:
    members = members_of(organisation).order_by("user__name", "pk")
    page = Paginator(members, PAGE_SIZE).get_page(request.GET.get("page"))
    return {
        "section": "organisation",
        "organisation": organisation,
        "page": page,
        "previous": f"?page={page.number - 1}" if page.has_previous() else "",
        "next": f"?page={page.number + 1}" if page.has_next() else "",
        "invitations": member_invitations(organisation).order_by("-created_at", "pk"),
        "roles": [(role.value, role.label) for role in organisation.roles],
        "form": form,
    }
