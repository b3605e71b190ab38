"""Small groups: opened, joined, left and renamed."""

from collections.abc import Sequence

from django.db import transaction

from accounts.models import User
from core.errors import ActionError, Conflict, NotAllowed
from core.permissions import require
from core.publish import lock
from messaging.actions.conversations import (
    open_conversation,
    remove_member,
    rename_conversation,
    set_member,
)
from messaging.actions.messages import post_system_message
from messaging.models import Conversation, ConversationKind, MemberRole
from messaging.queries.contacts import contacts_of, present_members
from messaging.words import storable

MAX_GROUP = 20
MAX_TITLE_CHARACTERS = 120


class NotAGroup(Conflict):
    """Whoever is in a consultation or a conversation of two is decided elsewhere."""

    code = "not_a_group"
    detail = "This is not a group: its people and name are not changed here."


class WrongGroup(ActionError):
    """A group needs a name and some people, and not too many."""

    code = "wrong_group"


@transaction.atomic
def open_group(*, actor: User, title: str, people: Sequence[User]) -> Conversation:
    """A conversation of several, which the actor looks after (adds, removes, renames).

    Records what opening and joining do. Raises `NotAllowed`, `WrongGroup`.
    """
    title = _title(title)
    others = {person.pk: person for person in people if person.pk != actor.pk}
    if not others:
        raise WrongGroup("Choose at least one person.", field="people")
    if len(others) + 1 > MAX_GROUP:
        raise WrongGroup(f"At most {MAX_GROUP} people can be in a group.", field="people")
    _require_reach(actor, list(others.values()))
    system = User.objects.system()
    conversation = open_conversation(actor=system, kind=ConversationKind.GROUP, title=title)
    set_member(actor=system, conversation=conversation, user=actor, role=MemberRole.MODERATOR)
    for person in others.values():
        set_member(actor=system, conversation=conversation, user=person, role=MemberRole.MEMBER)
    _say(conversation, "group_opened", f"{actor.name} opened the group “{title}”")
    return conversation


@transaction.atomic
def add_to_group(*, actor: User, conversation: Conversation, people: Sequence[User]) -> None:
    """Let more people in, who see everything that was said. Who looks after the group does.

    Records `MemberAdded` for each. Raises `NotAllowed`, `NotAGroup`, `WrongGroup`.
    """
    require(actor, "messaging.moderate", conversation)
    _refuse_other_kinds(conversation)
    lock(conversation.stream)
    members = [member.user for member in present_members(conversation.pk)]
    known = {member.pk for member in members}
    joining = {person.pk: person for person in people if person.pk not in known}
    if len(members) + len(joining) > MAX_GROUP:
        raise WrongGroup(f"At most {MAX_GROUP} people can be in a group.", field="people")
    _require_reach(actor, list(joining.values()))
    for person in joining.values():
        set_member(actor=actor, conversation=conversation, user=person, role=MemberRole.MEMBER)
        _say(conversation, "member_added", f"{actor.name} added {person.name}")


@transaction.atomic
def leave_group(*, actor: User, conversation: Conversation, user: User) -> None:
    """Go, or be taken out by who looks after the group; the longest there takes over from them.

    Records `AccessRevoked`. Raises `NotAllowed`, `NotAGroup`.
    """
    if actor.pk != user.pk:
        require(actor, "messaging.moderate", conversation)
    _refuse_other_kinds(conversation)
    lock(conversation.stream)
    if not remove_member(actor=actor, conversation=conversation, user=user):
        return
    words = f"{user.name} left" if actor.pk == user.pk else f"{actor.name} removed {user.name}"
    _say(conversation, "member_left", words)
    members = present_members(conversation.pk)
    if not members.filter(role=MemberRole.MODERATOR).exists() and (first := members.first()):
        system = User.objects.system()
        role = MemberRole.MODERATOR
        set_member(actor=system, conversation=conversation, user=first.user, role=role)


@transaction.atomic
def rename_group(*, actor: User, conversation: Conversation, title: str) -> None:
    """Give a group another name. Records `ConversationRenamed`.

    Raises `NotAllowed`, `NotAGroup`, `WrongGroup`.
    """
    require(actor, "messaging.moderate", conversation)
    _refuse_other_kinds(conversation)
    title = _title(title)
    rename_conversation(actor=actor, conversation=conversation, title=title)
    _say(conversation, "group_renamed", f"{actor.name} renamed the group to “{title}”")


def _require_reach(actor: User, people: Sequence[User]) -> None:
    """Everybody is somebody whom the actor may write to."""
    within_reach = set(contacts_of(actor).filter(pk__in=[p.pk for p in people]).values_list("pk"))
    for person in people:
        if (person.pk,) not in within_reach:
            raise NotAllowed(f"You cannot bring {person.name} into a conversation.")


def _refuse_other_kinds(conversation: Conversation) -> None:
    if conversation.kind != ConversationKind.GROUP:
        raise NotAGroup


def _title(title: str) -> str:
    title = " ".join(storable(title).split())
    if not title or len(title) > MAX_TITLE_CHARACTERS:
        raise WrongGroup(
            f"Give the group a name of at most {MAX_TITLE_CHARACTERS} characters.", field="title"
        )
    return title


def _say(conversation: Conversation, kind: str, text: str) -> None:
    post_system_message(
        actor=User.objects.system(),
        conversation=conversation,
        text=text,
        metadata={"kind": kind},
    )
