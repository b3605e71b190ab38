"""Beginning to write to somebody: choosing people, their profile, asking a consultant."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from core.errors import ActionError
from core.limits import spend_for
from core.permissions import require
from core.requests import person
from messaging.actions.contacts import (
    accept_contact,
    decline_contact,
    open_direct,
    request_contact,
    withdraw_contact,
)
from messaging.actions.groups import add_to_group, leave_group, open_group, rename_group
from messaging.models import ContactRequest
from messaging.models.contact import MAX_NOTE_CHARACTERS
from messaging.queries.contacts import (
    askable_by,
    contacts_of,
    may_ask_again,
    named_like,
    people_seen_by,
    present_members,
    request_between,
)
from messaging.queries.conversations import visible_conversation
from messaging.queries.inbox import RINGS
from messaging.queries.presence import OFFLINE, presence_of

SHOWN = 30


class NobodyChosen(ActionError):
    """A form without people."""

    code = "nobody_chosen"
    detail = "Choose at least one person."


@require_http_methods(["GET", "POST"])
@login_required
def new(request: HttpRequest) -> HttpResponse:
    """GET: whom one may write to, or ask. POST: open a conversation with those chosen."""
    actor = person(request)
    if request.method == "POST":
        return _open(request, actor)
    text = request.GET.get("q", "").strip()[:100]
    if text:
        spend_for(request, "search")
    context = {
        "section": "messages",
        "text": text,
        "contacts": named_like(contacts_of(actor), text)[:SHOWN],
        "askable": named_like(askable_by(actor), text)[:SHOWN],
        "shown": SHOWN,
    }
    return render(request, "messaging/new.html", context)


def _open(request: HttpRequest, actor: User) -> HttpResponse:
    spend_for(request, "contact")
    chosen = _chosen(request, actor)
    title = request.POST.get("title", "").strip()
    if len(chosen) == 1 and not title:
        talk = open_direct(actor=actor, other=chosen[0])
    else:
        talk = open_group(actor=actor, title=title or _names([actor, *chosen]), people=chosen)
    return redirect("messaging:conversation", talk.pk)


def _names(people: list[User]) -> str:
    """For everybody the same, so with whoever opens it."""
    return ", ".join(one.short_name for one in people)[:100]


def _chosen(request: HttpRequest, actor: User) -> list[User]:
    """The people whose boxes are ticked; raises `NobodyChosen`."""
    ids = set()
    for text in request.POST.getlist("person")[:100]:
        try:
            ids.add(UUID(text))
        except ValueError:
            continue
    chosen = list(people_seen_by(actor).filter(pk__in=ids).order_by("name", "pk"))
    if not chosen:
        raise NobodyChosen
    return chosen


@require_GET
@login_required
def profile(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Somebody's profile, and how to begin a conversation with them."""
    actor = person(request)
    other = get_object_or_404(people_seen_by(actor), pk=user_id)
    last = request_between(actor, other)
    state, seen_at = presence_of(actor, [other.pk]).get(other.pk, OFFLINE)
    context = {
        "section": "messages",
        "other": other,
        "ring": RINGS.get(state, ""),
        "state": state,
        "last_seen_at": seen_at,
        "may_write": contacts_of(actor).filter(pk=other.pk).exists(),
        "may_ask": askable_by(actor).filter(pk=other.pk).exists() and may_ask_again(last),
        "last_request": last,
        "max_note": MAX_NOTE_CHARACTERS,
    }
    return render(request, "messaging/profile.html", context)


@require_POST
@login_required
def ask(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Ask a consultant for a conversation."""
    actor = person(request)
    consultant = get_object_or_404(people_seen_by(actor), pk=user_id)
    spend_for(request, "contact")
    request_contact(actor=actor, consultant=consultant, note=request.POST.get("note", ""))
    messages.success(request, f"{consultant.name} will see your request.")
    return redirect("messaging:person", user_id)


@require_POST
@login_required
def accept(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Agree; the conversation opens."""
    talk = accept_contact(actor=person(request), request=_request(request, request_id))
    return redirect("messaging:conversation", talk.pk)


@require_POST
@login_required
def decline(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Decline."""
    decline_contact(actor=person(request), request=_request(request, request_id))
    messages.success(request, "Declined.")
    return redirect("messaging:inbox")


@require_POST
@login_required
def withdraw(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Ask no longer."""
    asked = _request(request, request_id)
    withdraw_contact(actor=person(request), request=asked)
    messages.success(request, "Withdrawn.")
    return redirect("messaging:person", asked.consultant_id)


def _request(request: HttpRequest, request_id: UUID) -> ContactRequest:
    visible = ContactRequest.objects.visible_to(person(request))
    return get_object_or_404(visible.select_related("requester", "consultant"), pk=request_id)


@require_http_methods(["GET", "POST"])
@login_required
def add(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """GET: whom one may bring into a group. POST: let those chosen in."""
    actor = person(request)
    talk = visible_conversation(actor, conversation_id)
    require(actor, "messaging.moderate", talk)
    if request.method == "POST":
        spend_for(request, "contact")
        add_to_group(actor=actor, conversation=talk, people=_chosen(request, actor))
        return redirect("messaging:conversation", talk.pk)
    text = request.GET.get("q", "").strip()[:100]
    there = talk.members.filter(removed_at__isnull=True).values("user")
    found = named_like(contacts_of(actor).exclude(pk__in=there), text)
    context = {"section": "messages", "conversation": talk, "text": text, "contacts": found[:SHOWN]}
    return render(request, "messaging/add.html", context)


@require_POST
@login_required
def remove(request: HttpRequest, conversation_id: UUID, user_id: UUID) -> HttpResponse:
    """Take somebody out of a group, or go oneself."""
    actor = person(request)
    talk = visible_conversation(actor, conversation_id)
    user = get_object_or_404(present_members(talk.pk), user=user_id).user
    leave_group(actor=actor, conversation=talk, user=user)
    if user.pk == actor.pk:
        messages.success(request, f"You left “{talk.title}”.")
        return redirect("messaging:inbox")
    return redirect("messaging:conversation", talk.pk)


@require_POST
@login_required
def rename(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Give a group another name."""
    actor = person(request)
    talk = visible_conversation(actor, conversation_id)
    spend_for(request, "message")
    rename_group(actor=actor, conversation=talk, title=request.POST.get("title", ""))
    return redirect("messaging:conversation", talk.pk)
