"""Fragments of conversations: messages, older pages, editing, deleting, personal menus."""

from uuid import UUID, uuid4

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.limits import spend_for
from core.permissions import granted
from core.requests import number, person
from files.actions.contents import WrongFile
from messaging.actions.conversations import mark_read
from messaging.actions.messages import delete_message, edit_message, send_message
from messaging.fragments import message_html
from messaging.models import Conversation, Message, MessageType
from messaging.queries.addresses import address_of
from messaging.queries.kept import is_saved, own_reactions
from messaging.queries.threads import (
    ThreadPage,
    linked_message,
    page_after,
    page_around,
    page_before,
)
from messaging.views.base import conversation_for, message_for


@require_http_methods(["GET", "POST"])
@login_required
def messages(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """GET: a page of messages (`before` or `after` a number, `around` an id). POST: send one."""
    conversation = conversation_for(request, conversation_id)
    if request.method == "POST":
        return _send(request, conversation)
    page = _page(request, conversation)
    response = render(request, "messaging/messages.html", {"messages": page.messages})
    response["X-Has-Older"] = "yes" if page.has_older else "no"
    response["X-Has-Newer"] = "yes" if page.has_newer else "no"
    return response


def _page(request: HttpRequest, conversation: Conversation) -> ThreadPage:
    """What the query asks for; raises `Http404` for a message that is not in the conversation."""
    if around := request.GET.get("around", ""):
        message = linked_message(conversation, around)
        if message is None:
            raise Http404
        return page_around(conversation, message.seq)
    after = number(request.GET, "after")
    if after is not None:
        return page_after(conversation, after)
    return page_before(conversation, number(request.GET, "before"))


def _send(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    """The composer without its script: a plain form, or htmx."""
    spend_for(request, "message")
    message = send_message(
        actor=person(request),
        conversation=conversation,
        body=request.POST.get("body", ""),
        client_id=client_id_of(request),
        reply_to=reply_of(request),
        attachments=_files_of(request),
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
        return message_for(request, UUID(reply_to)) if reply_to else None
    except ValueError:
        return None


def _files_of(request: HttpRequest) -> list[UUID]:
    """The ids of uploads that a form's `attachments` name; raises `WrongFile`."""
    try:
        return [UUID(file_id) for file_id in request.POST.getlist("attachments") if file_id]
    except ValueError:
        raise WrongFile from None


@require_POST
@login_required
def read(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Note how far the person has read (`seq`)."""
    conversation = conversation_for(request, conversation_id)
    seq = number(request.POST, "seq")
    if seq is not None:
        mark_read(actor=person(request), conversation=conversation, seq=seq)
    return HttpResponse(status=204)


@require_GET
@login_required
def show(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """To where it is said."""
    return redirect(address_of(message_for(request, message_id)))


@require_GET
@login_required
def menu(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """What this person may do with this message."""
    message = message_for(request, message_id)
    user = person(request)
    may = granted(user, message.conversation)
    is_open = message.conversation.closed_at is None
    is_mine = message.is_words_of(user)
    is_written = message.message_type == MessageType.TEXT and not message.is_deleted
    is_said = message.message_type != MessageType.SYSTEM and not message.is_deleted
    may_post = "post" in may and is_open
    may_change = is_mine and "post" in may and message.conversation.takes_changes
    context = {
        "message": message,
        "may_reply": may_post,
        "may_answer": may_post and is_said,
        "may_keep": is_written,
        "may_edit": may_change and is_written and not message.forwarded_from,
        "has_composer": is_open,
        "may_see_receipts": is_mine and not message.is_deleted,
        "may_delete": (may_change or ("moderate" in may and is_open))
        and not message.is_deleted
        and message.message_type != MessageType.MEETING,
        "may_be_reminded": not message.is_deleted,
        "has_history": message.edited_at is not None and not message.is_deleted,
        "is_saved": is_saved(user, message),
        "own": {emoji for _, emoji in own_reactions(user, [message.pk])},
    }
    return render(request, "messaging/menu.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def edit(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """GET: what the dialog asks, where there is no composer. POST: change one's own message;
    everybody's page learns it from the event."""
    message = message_for(request, message_id)
    if request.method == "GET":
        if not message.is_words_of(person(request)):
            raise PermissionDenied
        return render(request, "messaging/edit_form.html", {"message": message})
    spend_for(request, "message")
    edit_message(actor=person(request), message=message, body=request.POST.get("body", ""))
    return HttpResponse(status=204)


@require_POST
@login_required
def delete(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Delete a message; everybody's page learns it from the event."""
    delete_message(actor=person(request), message=message_for(request, message_id))
    return HttpResponse(status=204)


@require_GET
@login_required
def history(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """What a message said before, newest wording first."""
    message = message_for(request, message_id)
    revisions = message.revisions.order_by("-written_at")[:50]
    return render(request, "messaging/history.html", {"message": message, "revisions": revisions})
