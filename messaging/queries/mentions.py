"""Who can be named in a conversation, and where somebody was."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import (
    BooleanField,
    Count,
    ExpressionWrapper,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce, Concat, Lower, StrIndex

from accounts.models import User
from messaging.markdown import EVERYBODY, Names
from messaging.models import Conversation, ConversationMember, Mention, Message
from messaging.queries.threads import with_people

MOST_AT_ONCE = 50
"""In a larger conversation `@all` names nobody."""

PEOPLE_OFFERED = 200
"""As many names are offered to whoever writes; others are still named by typing them."""


def present_people(conversation: Conversation) -> QuerySet[ConversationMember]:
    """Who takes part and can sign in: nobody else is ever named."""
    return ConversationMember.objects.filter(
        conversation=conversation,
        removed_at__isnull=True,
        user__is_active=True,
        user__is_system=False,
    )


def names_in(body: str, conversation: Conversation, *, may_name_all: bool) -> Names:
    """Of the people there those whose names stand in the body: one query, however many there are.

    Names are compared in the database, so that a large conversation does not come here. Nobody
    outside is looked at, so neither answer nor time tells who else exists.
    """
    lowered = body.lower()
    wants_all = may_name_all and any(f"@{word}" in lowered for word in EVERYBODY)
    people = present_people(conversation)
    number = people.order_by().values("conversation").annotate(number=Count("pk")).values("number")
    place = StrIndex(Lower(Value(body)), Concat(Value("@"), Lower("user__name")))
    wanted = Q(place__gt=0)
    if wants_all:
        people = people.annotate(number=Subquery(number, output_field=IntegerField()))
        wanted |= Q(number__lte=MOST_AT_ONCE)
    found = people.annotate(place=place).filter(wanted)
    if not wants_all:
        return Names(found.values_list("user_id", "user__name"))
    rows = list(found.values_list("user_id", "user__name", "number"))
    is_few = any(number <= MOST_AT_ONCE for *_, number in rows)
    everybody = [user_id for user_id, *_ in rows] if is_few else None
    return Names([(user_id, name) for user_id, name, _ in rows], everybody=everybody)


def people_to_name(conversation: Conversation, user: User) -> tuple[list[User], bool]:
    """The others who can be named there by name, the first `PEOPLE_OFFERED`, and whether these are
    few enough to be named at once."""
    people = User.objects.filter(conversation_places__in=present_people(conversation))
    found = list(
        people.select_related("membership__organisation").order_by("name", "pk")[
            : PEOPLE_OFFERED + 1
        ]
    )
    others = [person for person in found if person.pk != user.pk]
    return others[:PEOPLE_OFFERED], len(found) <= MOST_AT_ONCE


def _seen(user: User, field: str) -> Coalesce:
    """A number of the person's place in the mention's conversation."""
    place = ConversationMember.objects.filter(conversation=OuterRef("conversation"), user=user)
    return Coalesce(Subquery(place.values(field)), 0)


def mentions_of(user: User) -> QuerySet[Mention]:
    """Where the person is named and may read it, with ``is_unread``; what they deleted is gone."""
    mentions = Mention.objects.filter(
        user=user,
        conversation__in=Conversation.objects.visible_to(user),
        seq__gt=_seen(user, "cleared_seq"),
    )
    is_unread = ExpressionWrapper(Q(seq__gt=_seen(user, "read_seq")), output_field=BooleanField())
    return mentions.annotate(is_unread=is_unread)


def with_messages(mentions: Sequence[Mention]) -> list[Mention]:
    """These with their messages as they are shown everywhere: one query more."""
    messages = with_people(Message.objects.filter(pk__in=[row.message_id for row in mentions]))
    found = messages.select_related("conversation").in_bulk()
    for mention in mentions:
        mention.message = found[mention.message_id]
    return list(mentions)


def mentioned_in(message_id: UUID) -> set[UUID]:
    """Ids of the people who are named in a message."""
    return set(Mention.objects.filter(message=message_id).values_list("user_id", flat=True))


def people_named(message: Message, names: Names | None) -> set[UUID]:
    """Of whom a message names those who are told: whoever names themselves needs not be."""
    return names.mentioned - {message.author_id} if names is not None else set()
