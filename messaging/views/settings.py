"""How somebody wants to be reached: in general, and in one conversation."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from core.errors import ActionError
from core.requests import person, show_refusal
from messaging.actions.settings import change_place_settings, change_settings
from messaging.forms import PlaceSettingsForm, SettingsForm
from messaging.queries.conversations import visible_conversation
from messaging.queries.settings import is_quiet, place_of, settings_beside, settings_of


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """Notifications, what others see, quiet hours and writing."""
    user = person(request)
    kept = settings_of(user)
    form = SettingsForm(request.POST if request.method == "POST" else None, settings=kept)
    quiet_until = kept.quiet_until if is_quiet(kept, timezone.localtime()) else None
    if request.method == "POST" and form.is_valid():
        try:
            change_settings(actor=user, user=user, changes=form.changes)
        except ActionError as error:
            show_refusal(form, error)
        else:
            messages.success(request, "Saved.")
            return redirect("messaging:settings")
    status = 422 if form.errors else 200
    context = {"section": "messages", "form": form, "quiet_until": quiet_until}
    return render(request, "messaging/settings.html", context, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def place_settings(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """A fragment: in what this conversation differs from one's settings."""
    user = person(request)
    conversation = visible_conversation(user, conversation_id)
    place = place_of(user, conversation)
    if place is None:
        raise Http404
    general = settings_beside(place)
    data = request.POST if request.method == "POST" else None
    form = PlaceSettingsForm(data, place=place, settings=general)
    is_saved = False
    if request.method == "POST" and form.is_valid():
        try:
            change_place_settings(actor=user, conversation=conversation, changes=form.cleaned_data)
        except ActionError as error:
            show_refusal(form, error)
        else:
            is_saved = True
    context = {
        "conversation": conversation,
        "form": form,
        "is_saved": is_saved,
        "quiet_until": general.quiet_until if is_quiet(general, timezone.localtime()) else None,
    }
    status = 422 if form.errors else 200
    return render(request, "messaging/place_settings.html", context, status=status)
