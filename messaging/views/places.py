"""Where somebody keeps a conversation: plain forms, which need no script."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from core.errors import ActionError
from core.requests import number, person
from messaging.actions.places import (
    Mute,
    clear_conversation,
    keep_conversation,
    triage_conversation,
)
from messaging.queries.conversations import visible_conversation

SAID = {
    ("archived", True): "Archived. It comes back with a new message.",
    ("archived", False): "Back in your messages.",
    ("pinned", True): "Pinned on top.",
    ("pinned", False): "Unpinned.",
    ("marked_unread", True): "Marked as unread.",
}
LEAVES_IT = {"archived", "marked_unread"}
"""After these one does not want to stay: what is open counts as read."""


class NothingChosen(ActionError):
    """A form without what it changes."""

    code = "nothing_chosen"
    detail = "Choose what to do with the conversation."


@require_POST
@login_required
def keep(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """One of `archived`, `pinned`, `marked_unread` (`yes` or `no`), or `mute` for a time."""
    actor = person(request)
    talk = visible_conversation(actor, conversation_id)
    choices = {
        name: request.POST[name] == "yes"
        for name in ("archived", "pinned", "marked_unread")
        if request.POST.get(name) in ("yes", "no")
    }
    mute = request.POST.get("mute", "")
    if mute not in {"", *Mute} or not (choices or mute):
        raise NothingChosen
    keep_conversation(actor=actor, conversation=talk, mute=Mute(mute) if mute else None, **choices)
    for choice in choices.items():
        if choice in SAID:
            messages.success(request, SAID[choice])
    leaves = any(choices.get(name) for name in LEAVES_IT)
    return redirect("messaging:inbox") if leaves else _back(request, conversation_id)


@require_POST
@login_required
def clear(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Delete it for oneself."""
    actor = person(request)
    clear_conversation(actor=actor, conversation=visible_conversation(actor, conversation_id))
    messages.success(request, "Deleted for you. The others keep what was said.")
    return redirect("messaging:inbox")


@require_POST
@login_required
def triage(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Category and priority."""
    actor = person(request)
    triage_conversation(
        actor=actor,
        conversation=visible_conversation(actor, conversation_id),
        category=request.POST.get("category"),
        priority=number(request.POST, "priority"),
    )
    return _back(request, conversation_id)


def _back(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """To where the form stood."""
    back = request.POST.get("back", "")
    is_ours = url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return redirect(back) if is_ours else redirect("messaging:conversation", conversation_id)
