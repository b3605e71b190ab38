"""Somebody says how they want to be reached, and what others may know of them."""

from collections.abc import Mapping
from datetime import time
from typing import Any

from django.db import transaction

from accounts.models import User
from core.errors import ActionError, NotAllowed
from core.permissions import require
from core.publish import lock, record
from messaging.events import ConversationSettingsChanged, MessagingSettingsChanged
from messaging.models import Conversation, ConversationMember, MessagingSettings, Notify
from messaging.queries.settings import settings_of

SWITCHES = ("shows_receipts", "shows_typing", "shows_presence", "enter_sends")
HOURS = ("quiet_from", "quiet_until")
GENERAL = ("notifications", *SWITCHES, *HOURS, "quiet_days")
OF_PLACE = ("notifications", "shows_receipts", "shows_typing")
"""In what a conversation may differ."""


class InvalidSetting(ActionError):
    """A setting has a value that it cannot have."""

    code = "invalid_setting"


@transaction.atomic
def change_settings(*, actor: User, user: User, changes: Mapping[str, Any]) -> MessagingSettings:
    """Change one's own settings of messaging, by the names in `GENERAL`.

    Records `MessagingSettingsChanged` on the person's own stream, unless all was so already.
    Raises `NotAllowed`, `InvalidSetting`.
    """
    if actor.pk != user.pk:
        raise NotAllowed
    _check_names(changes, GENERAL)
    lock(user.stream)
    settings = settings_of(user)
    values = {name: _clean(name, value) for name, value in changes.items()}
    changed = [name for name in GENERAL if name in values and values[name] != _of(settings, name)]
    for name in changed:
        setattr(settings, name, values[name])
    if (settings.quiet_from is None) != (settings.quiet_until is None):
        missing = HOURS[settings.quiet_from is not None]
        raise InvalidSetting("Quiet hours need a beginning and an end.", field=missing)
    if changed:
        settings.save()
        event = MessagingSettingsChanged(changed=changed, enter_sends=settings.enter_sends)
        record(event, stream=user.stream, actor=actor)
    return settings


@transaction.atomic
def change_place_settings(
    *, actor: User, conversation: Conversation, changes: Mapping[str, Any]
) -> ConversationMember:
    """Let one conversation differ from one's settings, by the names in `OF_PLACE`.

    Empty notifications, and None elsewhere, follow the settings again. Records
    `ConversationSettingsChanged` on the person's own stream, unless all was so already. Raises
    `NotAllowed` (also where they have no place of their own), `InvalidSetting`.
    """
    require(actor, "messaging.read", conversation)
    _check_names(changes, OF_PLACE)
    lock(actor.stream)
    place = ConversationMember.objects.filter(
        conversation=conversation, user=actor, removed_at__isnull=True
    ).first()
    if place is None:
        raise NotAllowed("Only who takes part has settings here.")
    values = {name: _clean(name, value, may_follow=True) for name, value in changes.items()}
    changed = [name for name in OF_PLACE if name in values and values[name] != _of(place, name)]
    for name in changed:
        setattr(place, name, values[name])
    if changed:
        place.save(update_fields=changed)
        event = ConversationSettingsChanged(conversation_id=conversation.pk, changed=changed)
        record(event, stream=actor.stream, actor=actor)
    return place


def _of(row: MessagingSettings | ConversationMember, name: str) -> Any:
    return getattr(row, name)


def _check_names(changes: Mapping[str, Any], known: tuple[str, ...]) -> None:
    if unknown := sorted(set(changes) - set(known)):
        raise InvalidSetting(f"There is no such setting: {', '.join(unknown)}.")


def _clean(name: str, value: Any, *, may_follow: bool = False) -> Any:
    if name == "notifications":
        return _one_of_the_choices(value, may_follow)
    if name in SWITCHES:
        return _switch(name, value, may_follow)
    if name in HOURS:
        return _hour(name, value)
    return _days(value)


def _one_of_the_choices(value: Any, may_follow: bool) -> str:
    if value in Notify.values or (may_follow and value == ""):
        return str(value)
    raise InvalidSetting("Choose one of the list.", field="notifications")


def _switch(name: str, value: Any, may_follow: bool) -> bool | None:
    if isinstance(value, bool) or (may_follow and value is None):
        return value
    raise InvalidSetting("It is either on or off.", field=name)


def _hour(name: str, value: Any) -> time | None:
    if value is None or isinstance(value, time):
        return value
    raise InvalidSetting("Enter a time, for example 19:30.", field=name)


def _days(value: Any) -> list[int]:
    if not isinstance(value, list) or not all(type(day) is int and 0 <= day < 7 for day in value):
        raise InvalidSetting("Days are numbers from 0 (Monday) to 6.", field="quiet_days")
    return sorted(set(value))
