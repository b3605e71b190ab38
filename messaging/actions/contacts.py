"""People begin to write to each other: at once where they may, else after they asked."""

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from core.errors import ActionError, Conflict, NotAllowed
from core.publish import lock, lock_each, record
from core.queries import head
from messaging.actions.conversations import (
    open_conversation,
    set_member,
)
from messaging.actions.messages import post_system_message
from messaging.events import (
    ContactRequestAccepted,
    ContactRequestDeclined,
    ContactRequested,
    ContactRequestWithdrawn,
)
from messaging.models import (
    ContactRequest,
    Conversation,
    ConversationKind,
    ConversationMember,
    MemberRole,
    RequestStatus,
)
from messaging.models.contact import MAX_NOTE_CHARACTERS
from messaging.queries.contacts import (
    ASK_AGAIN,
    askable_by,
    contacts_of,
    may_ask_again,
    pair_of,
    request_between,
)
from messaging.words import storable

MAX_WAITING = 10


class WrongNote(ActionError):
    """A request says in a few words what it is about."""

    code = "wrong_note"


class AlreadyAsked(Conflict):
    """One request at a time."""

    code = "already_asked"
    detail = "You have asked already. You will see the answer in your messages."


class DeclinedLately(Conflict):
    """A declined request is an answer for a while."""

    code = "declined_lately"
    detail = f"They declined a short while ago. You can ask again {ASK_AGAIN.days} days after that."


class TooManyAsked(Conflict):
    """Nobody asks everybody."""

    code = "too_many_asked"
    detail = f"{MAX_WAITING} of your requests wait for an answer. Wait for one, or withdraw one."


class RequestIsOver(Conflict):
    """Answering twice."""

    code = "request_is_over"
    detail = "This request was answered or withdrawn already."


def open_direct(*, actor: User, other: User) -> Conversation:
    """The conversation of the two, made if there is none yet.

    Only whom `contacts_of` names can be written to. A new one shows up at the other's only with
    its first message. Records what opening and joining do. Raises `NotAllowed`.
    """
    pair = pair_of(actor, other)
    found = Conversation.objects.visible_to(actor).filter(pair=pair).first()
    if found is not None:
        return found
    if not contacts_of(actor).filter(pk=other.pk).exists():
        raise NotAllowed(f"You cannot write to {other.name} without their consent.")
    try:
        with transaction.atomic():
            return _open(pair, actor, other)
    except IntegrityError:  # the other one, or another tab, was faster
        return Conversation.objects.get(pair=pair)


@transaction.atomic
def request_contact(*, actor: User, consultant: User, note: str) -> ContactRequest:
    """Ask a consultant for a conversation, in a few words.

    Records `ContactRequested`. Raises `NotAllowed`, `WrongNote`, `AlreadyAsked`, `DeclinedLately`,
    `TooManyAsked`.
    """
    if not askable_by(actor).filter(pk=consultant.pk).exists():
        raise NotAllowed("You cannot ask this person for a conversation.")
    note = storable(note).strip()
    if not note or len(note) > MAX_NOTE_CHARACTERS:
        raise WrongNote(
            f"Say in a few words what it is about, at most {MAX_NOTE_CHARACTERS} characters.",
            field="note",
        )
    lock_each({actor.stream, consultant.stream})  # or two at once would both be the last allowed
    last = request_between(actor, consultant)
    if last is not None and last.is_waiting:
        raise AlreadyAsked
    if not may_ask_again(last):
        raise DeclinedLately
    if ContactRequest.objects.waiting().filter(requester=actor).count() >= MAX_WAITING:
        raise TooManyAsked
    request = ContactRequest.objects.create(requester=actor, consultant=consultant, note=note)
    record(ContactRequested(request_id=request.pk), stream=consultant.stream, actor=actor)
    return request


@transaction.atomic
def accept_contact(*, actor: User, request: ContactRequest) -> Conversation:
    """Agree to a conversation, which opens with what was asked.

    Records `ContactRequestAccepted` and what opening does. Raises `NotAllowed`, `RequestIsOver`.
    """
    request = _answer(actor, request, RequestStatus.ACCEPTED)
    conversation = open_direct(actor=actor, other=request.requester)
    lock(conversation.stream)  # before the rows, as all do who take both
    lock(request.requester.stream)
    if not conversation.last_message_seq:  # it was made just now, empty: now both see it
        ConversationMember.objects.filter(conversation=conversation).update(cleared_seq=0)
    asked = f"{request.requester.name} asked for this conversation: “{request.note}”"
    post_system_message(
        actor=User.objects.system(),
        conversation=conversation,
        text=asked,
        metadata={"kind": "contact_accepted"},
    )
    record(
        ContactRequestAccepted(request_id=request.pk, conversation_id=conversation.pk),
        stream=request.requester.stream,
        actor=actor,
    )
    return conversation


@transaction.atomic
def decline_contact(*, actor: User, request: ContactRequest) -> None:
    """Decline a conversation. Records `ContactRequestDeclined`.

    Raises `NotAllowed`, `RequestIsOver`.
    """
    request = _answer(actor, request, RequestStatus.DECLINED)
    declined = ContactRequestDeclined(request_id=request.pk)
    record(declined, stream=request.requester.stream, actor=actor)


@transaction.atomic
def withdraw_contact(*, actor: User, request: ContactRequest) -> None:
    """Ask no longer. Records `ContactRequestWithdrawn`. Raises `NotAllowed`, `RequestIsOver`."""
    if request.requester_id != actor.pk:
        raise NotAllowed("Only who asked can withdraw a request.")
    request = _close(request, RequestStatus.WITHDRAWN)
    withdrawn = ContactRequestWithdrawn(request_id=request.pk)
    record(withdrawn, stream=request.consultant.stream, actor=actor)


def _open(pair: str, actor: User, other: User) -> Conversation:
    system = User.objects.system()
    conversation = open_conversation(
        actor=system, kind=ConversationKind.DIRECT, title="", pair=pair
    )
    for person in (actor, other):
        set_member(actor=system, conversation=conversation, user=person, role=MemberRole.MEMBER)
    # An empty conversation would be a riddle in the other's list.
    places = ConversationMember.objects.filter(conversation=conversation, user=other)
    places.update(cleared_seq=head(conversation.stream))
    return conversation


def _answer(actor: User, request: ContactRequest, status: RequestStatus) -> ContactRequest:
    if request.consultant_id != actor.pk:
        raise NotAllowed("Only the consultant who was asked can answer a request.")
    return _close(request, status)


def _close(request: ContactRequest, status: RequestStatus) -> ContactRequest:
    changed = ContactRequest.objects.waiting().filter(pk=request.pk)
    if not changed.update(status=status, answered_at=Now()):
        raise RequestIsOver
    request.status, request.answered_at = status, timezone.now()
    return request
