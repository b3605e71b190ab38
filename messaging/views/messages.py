"""Fragments of conversations: messages, older pages, editing, deleting, personal menus."""

from uuid import UUID, uuid4

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.limits import spend_for
from core.permissions import granted
from core.requests import number, person
from messaging.actions.conversations import mark_read
from messaging.actions.messages import delete_message, edit_message, send_message
from messaging.fragments import message_html
from messaging.models import Conversation, Message, MessageType
from messaging.queries.conversations import visible_conversation
from messaging.queries.threads import page_after, page_before


def _conversation(request: HttpRequest, conversation_id: UUID) -> Conversation:
    return visible_conversation(person(request), conversation_id)


def _message(request: HttpRequest, message_id: UUID) -> Message:
    visible = Message.objects.visible_to(person(request))
    return get_object_or_404(visible.select_related("conversation", "author"), pk=message_id)


@require_http_methods(["GET", "POST"])
@login_required
def messages(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """GET: a page of messages (`before` or `after` a number). POST: send one."""
    conversation = _conversation(request, conversation_id)
    if request.method == "POST":
        return _send(request, conversation)
    after = number(request.GET, "after")
    page = (
        page_after(conversation, after)
        if after is not None
        else page_before(conversation, number(request.GET, "before"))
    )
    response = render(request, "messaging/messages.html", {"messages": page.messages})
    response["X-Has-Older"] = "yes" if page.has_older else "no"
    response["X-Has-Newer"] = "yes" if page.has_newer else "no"
    return response


def _send(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    """The composer without its script: a plain form, or htmx."""
    spend_for(request, "message")
    message = send_message(
        actor=person(request),
        conversation=conversation,
        body=request.POST.get("body", ""),
        client_id=client_id_of(request),
        reply_to=reply_of(request),
    )
    if getattr(request, "htmx", False):
        return HttpResponse(message.published_html or message_html(message), status=201)
    return redirect(request.POST.get("back", "/") if _is_path(request) else "/")


def _is_path(request: HttpRequest) -> bool:
    back = request.POST.get("back", "")
    return back.startswith("/") and not back.startswith(("//", "/\\"))


def client_id_of(request: HttpRequest) -> UUID:
    """The `client_id` of a form, a new one where it has none."""
    try:
        return UUID(request.POST.get("client_id", ""))
    except ValueError:
        return uuid4()


def reply_of(request: HttpRequest) -> Message | None:
    """The message that a form's `reply_to` names, if there is one."""
    reply_to = request.POST.get("reply_to", "")
    try:
        return _message(request, UUID(reply_to)) if reply_to else None
    except ValueError:
        return None


@require_POST
@login_required
def read(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Note how far the person has read (`seq`)."""
    conversation = _conversation(request, conversation_id)
    seq = number(request.POST, "seq")
    if seq is not None:
        mark_read(actor=person(request), conversation=conversation, seq=seq)
    return HttpResponse(status=204)


@require_GET
@login_required
def show(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """To where it is said."""
    message = _message(request, message_id)
    where = reverse("messaging:conversation", args=[message.conversation_id])
    return redirect(f"{where}?message={message.pk}")


@require_GET
@login_required
def menu(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """What this person may do with this message."""
    message = _message(request, message_id)
    user = person(request)
    may = granted(user, message.conversation)
    is_open = message.conversation.closed_at is None
    is_own = message.author_id == user.pk and message.message_type == MessageType.TEXT
    context = {
        "message": message,
        "may_reply": "post" in may and is_open,
        "may_edit": is_own and "post" in may and is_open and not message.is_deleted,
        "may_delete": (is_own or "moderate" in may) and is_open and not message.is_deleted,
        "may_be_reminded": not message.is_deleted,
        "has_history": message.edited_at is not None and not message.is_deleted,
    }
    return render(request, "messaging/menu.html", context)


@require_POST
@login_required
def edit(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Change one's own message; everybody's page learns it from the event."""
    message = _message(request, message_id)
    spend_for(request, "message")
    edit_message(actor=person(request), message=message, body=request.POST.get("body", ""))
    return HttpResponse(status=204)


@require_POST
@login_required
def delete(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Delete a message; everybody's page learns it from the event."""
    delete_message(actor=person(request), message=_message(request, message_id))
    return HttpResponse(status=204)


@require_GET
@login_required
def history(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """What a message said before, newest wording first."""
    message = _message(request, message_id)
    revisions = message.revisions.order_by("-written_at")[:50]
    return render(request, "messaging/history.html", {"message": message, "revisions": revisions})
