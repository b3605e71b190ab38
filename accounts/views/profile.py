"""The profile page, and people's pictures."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_http_methods, require_safe

from accounts.actions.guests import keep_account
from accounts.actions.people import update_profile
from accounts.forms import KeepAccountForm, ProfileForm
from accounts.queries import picture_named
from core.errors import ActionError
from core.requests import person, show_refusal

PICTURE_MAX_AGE_SECONDS = 365 * 24 * 3600
"""A new picture has a new name, so a browser may keep what it has."""


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """How others see me, and how I see times."""
    user = person(request)
    form = ProfileForm(request.POST or None, request.FILES or None, person=user)
    if request.method == "POST" and form.is_valid():
        try:
            update_profile(actor=user, user=user, changes=form.changes)
        except ActionError as error:
            show_refusal(form, error)
        else:
            messages.success(request, "Saved.")
            return redirect("accounts:profile")
    status = 422 if form.errors else 200
    return render(request, "accounts/profile.html", {"form": form}, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def keep(request: HttpRequest) -> HttpResponse:
    """A guest gives the account a password, and has it for good."""
    user = person(request)
    if not user.is_guest:
        return redirect("accounts:profile")
    form = KeepAccountForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            keep_account(actor=user, password=form.cleaned_data["password1"])
        except ActionError as error:
            show_refusal(form, error, other="password1")
        else:
            update_session_auth_hash(request, user)
            messages.success(request, "The account is yours. Everything is where it was.")
            return redirect("home")
    status = 422 if form.errors else 200
    return render(request, "accounts/keep.html", {"form": form}, status=status)


@login_required
@require_safe
def picture(request: HttpRequest, name: str) -> HttpResponse:
    """A person's picture, for whoever is signed in. Always the WebP that we have drawn."""
    content = picture_named(name)
    if content is None:
        raise Http404
    response = HttpResponse(content, content_type="image/webp")
    patch_cache_control(response, private=True, immutable=True, max_age=PICTURE_MAX_AGE_SECONDS)
    return response
