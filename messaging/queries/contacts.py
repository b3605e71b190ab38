"""Whom somebody may write to, and whom they may only ask."""

from datetime import timedelta
from uuid import UUID

from django.db.models import BooleanField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.models.organisation import CONSULTANT_ROLES, INTERNAL_ROLES
from accounts.queries import business_role, is_client, people
from messaging.models import (
    ContactRequest,
    Conversation,
    ConversationKind,
    ConversationMember,
    RequestStatus,
)
from messaging.ties import tied_to

ASK_AGAIN = timedelta(days=14)
"""How long a declined request keeps its maker from asking the same consultant again."""

WORKS_HERE = Q(membership__role__in=INTERNAL_ROLES)
CONSULTS = Q(membership__role__in=CONSULTANT_ROLES)
IS_STAFF = Q(is_staff=True) | Q(is_superuser=True)
IS_CLIENT = Q(membership__isnull=True) | ~WORKS_HERE


def is_staff(user: User) -> bool:
    """Whether the person enters the admin: such people take no part in a client's conversation."""
    return user.is_staff or user.is_superuser


def has_clients(conversation: Conversation, *, beside: User) -> bool:
    """Whether a client takes part, somebody else than this person."""
    clients = User.objects.filter(IS_CLIENT, is_system=False).exclude(IS_STAFF)
    return _beside(conversation, beside).filter(user__in=clients).exists()


def staff_in(conversation: Conversation, *, beside: User) -> User | None:
    """Somebody who takes part and enters the admin, not this person; None if there is nobody."""
    places = _beside(conversation, beside).values("user")
    return User.objects.filter(IS_STAFF, pk__in=places).first()


def _beside(conversation: Conversation, user: User) -> QuerySet[ConversationMember]:
    return ConversationMember.objects.filter(
        conversation=conversation, removed_at__isnull=True
    ).exclude(user=user)


def _others(user: User) -> QuerySet[User]:
    return people().filter(is_guest=False).exclude(pk=user.pk)


def _talked_with(user: User) -> Q:
    """With whom the person has an open conversation of two: it stays, whatever else ends."""
    own = ConversationMember.objects.filter(
        user=user,
        removed_at__isnull=True,
        conversation__kind=ConversationKind.DIRECT,
        conversation__closed_at__isnull=True,
    )
    others = ConversationMember.objects.filter(
        conversation__in=own.values("conversation"), removed_at__isnull=True
    )
    return Q(pk__in=others.values("user"))


def contacts_of(user: User) -> QuerySet[User]:
    """Whom the person may write to: those of the same organisation, and across the table (client
    and consultant) those with whom they share something, had a request accepted, or
    have a conversation already."""
    if not user.is_active or user.is_guest:
        return User.objects.none()
    accepted = ContactRequest.objects.filter(status=RequestStatus.ACCEPTED)
    if business_role(user) in INTERNAL_ROLES:
        asking = accepted.filter(consultant=user).values("requester")
        across = IS_CLIENT & (tied_to(user) | Q(pk__in=asking) | _talked_with(user))
        return _others(user).filter(WORKS_HERE if is_staff(user) else WORKS_HERE | across)
    if is_staff(user):
        return User.objects.none()
    asked = accepted.filter(requester=user).values("consultant")
    across = WORKS_HERE & (tied_to(user) | Q(pk__in=asked) | _talked_with(user))
    membership = getattr(user, "membership", None)
    if membership is not None:
        across |= Q(membership__organisation=membership.organisation_id)
    return _others(user).filter(across).exclude(IS_STAFF)


def askable_by(user: User) -> QuerySet[User]:
    """The consultants whom a client may ask for a conversation, as nothing is shared yet."""
    if not user.is_active or user.is_guest or is_staff(user) or not is_client(user):
        return User.objects.none()
    within_reach = contacts_of(user).values("pk")
    return _others(user).filter(CONSULTS).exclude(IS_STAFF).exclude(pk__in=within_reach)


def within_reach(user: User) -> QuerySet[User]:
    """Whom the person may write to or ask, with ``may_write``."""
    contacts = Q(pk__in=contacts_of(user).values("pk"))
    askable = Q(pk__in=askable_by(user).values("pk"))
    return (
        people()
        .filter(contacts | askable)
        .annotate(may_write=ExpressionWrapper(contacts, output_field=BooleanField()))
    )


def people_seen_by(user: User) -> QuerySet[User]:
    """Whose profile the person may open: consultants, contacts, and whom they have met here."""
    if not user.is_active or user.is_guest:
        return User.objects.none()
    own = ConversationMember.objects.filter(user=user, removed_at__isnull=True)
    shared = ConversationMember.objects.filter(
        user=OuterRef("pk"), removed_at__isnull=True, conversation__in=own.values("conversation")
    )
    asking = ContactRequest.objects.waiting().filter(consultant=user).values("requester")
    reach = contacts_of(user).values("pk")
    known = CONSULTS & ~IS_STAFF | Q(pk__in=reach) | Q(pk__in=asking) | Exists(shared)
    return people().filter(known).exclude(pk=user.pk)


def named_like(found: QuerySet[User], text: str) -> QuerySet[User]:
    """Those in whose name or organisation each word of the text stands."""
    for word in text.replace("\0", "").split()[:8]:  # PostgreSQL refuses NUL
        found = found.filter(
            Q(name__icontains=word) | Q(membership__organisation__name__icontains=word)
        )
    return found.order_by("name", "pk")


def request_between(requester: User, consultant: User) -> ContactRequest | None:
    """The newest request of one for a conversation with the other."""
    made = ContactRequest.objects.filter(requester=requester, consultant=consultant)
    return made.order_by("-created_at", "-pk").first()


def may_ask_again(request: ContactRequest | None) -> bool:
    """Whether there may be another request after this one."""
    if request is None or request.status == RequestStatus.WITHDRAWN:
        return True
    return (
        request.status == RequestStatus.DECLINED
        and request.answered_at is not None
        and timezone.now() - request.answered_at > ASK_AGAIN
    )


def requests_for(consultant: User) -> QuerySet[ContactRequest]:
    """The requests that wait for a consultant's answer, the oldest first."""
    waiting = ContactRequest.objects.waiting().filter(consultant=consultant)
    return waiting.select_related("requester__membership__organisation").order_by("created_at")


def present_members(conversation_id: UUID) -> QuerySet[ConversationMember]:
    """Who takes part in a conversation, the first to come first."""
    members = ConversationMember.objects.filter(
        conversation=conversation_id, removed_at__isnull=True
    )
    return members.select_related("user__membership__organisation").order_by(F("added_at"), "pk")


def pair_of(one: User, other: User) -> str:
    """What finds the conversation of two people, whoever of them asks."""
    return ":".join(sorted([str(one.pk), str(other.pk)]))
