"""Meetings are called, moved and called off, by whoever may write in their conversation.

Times are checked here; what calendars and reminders do with them follows the events.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import dateformat, timezone

from accounts.models import User
from core.errors import ActionError, Conflict
from core.permissions import forget_grants, require
from core.publish import lock, record
from core.zones import words_in_zones, zone_named
from messaging.actions.messages import (
    ConversationIsClosed,
    post_message,
    post_system_message,
    refuse_staff,
)
from messaging.events import MeetingCancelled, MeetingMoved, MeetingScheduled
from messaging.links import place_of
from messaging.models import Conversation, Meeting, MessageType
from messaging.models.meeting import LEAST_MINUTES, MAX_MINUTES, MAX_TITLE_CHARACTERS
from messaging.queries.conversations import audience_of
from messaging.queries.later import check_time
from messaging.queries.meetings import called_by, upcoming_in, zones_in
from messaging.words import storable

MOST_AHEAD = 50
"""Meetings before one in a conversation."""


class WrongMeeting(ActionError):
    """What is said of a meeting cannot be."""

    code = "wrong_meeting"


class TooManyMeetings(Conflict):
    """So many are planned already."""

    code = "too_many_meetings"
    detail = f"{MOST_AHEAD} meetings are planned here, which is the most. Cancel one first."


class MeetingIsOver(Conflict):
    """Changing what is past or called off."""

    code = "meeting_is_over"
    detail = "This meeting is over or was cancelled: it cannot be changed any more."


@transaction.atomic
def schedule_meeting(
    *,
    actor: User,
    conversation: Conversation,
    title: str,
    starts_at: datetime,
    duration_minutes: int,
    link: str,
    client_id: UUID | None = None,
) -> Meeting:
    """Call a meeting; everybody in the conversation sees it as a card. The same ``client_id`` again
    is the first one.

    Records `MessageSent` and `MeetingScheduled`. Raises `NotAllowed`, `WrongMeeting`, `WrongLink`,
    `TooSoon`, `TooFar`, `TooManyMeetings`, `ConversationIsClosed`.
    """
    require(actor, "messaging.post", conversation)
    refuse_staff(actor=actor, conversation=conversation)
    values = _checked(title, starts_at, duration_minutes, link)
    lock(conversation.stream)
    client_id = client_id or uuid.uuid4()
    if (called := called_by(actor, client_id)) is not None:
        return called
    if upcoming_in(conversation).count() >= MOST_AHEAD:
        raise TooManyMeetings
    message = post_message(
        actor=actor,
        conversation=conversation,
        body=values["title"],
        client_id=client_id,
        message_type=MessageType.MEETING,
    )
    meeting = Meeting(
        conversation=conversation,
        message=message,
        organiser=actor,
        zones=zones_in(conversation, actor),
        **values,
    )
    meeting.save(force_insert=True)
    scheduled = MeetingScheduled(meeting_id=meeting.pk, message_id=message.pk)
    record(scheduled, stream=conversation.stream, actor=actor)
    return meeting


@transaction.atomic
def move_meeting(
    *,
    actor: User,
    meeting: Meeting,
    title: str,
    starts_at: datetime,
    duration_minutes: int,
    link: str,
) -> Meeting:
    """Give a meeting another time, length, title or link. Records `MeetingMoved`, unless nothing
    changes.

    Raises `NotAllowed`, `WrongMeeting`, `WrongLink`, `TooSoon`, `TooFar`, `MeetingIsOver`.
    """
    require(actor, "messaging.post", meeting.conversation)
    values = _checked(title, starts_at, duration_minutes, link)
    meeting = _lock(actor, meeting)
    if all(getattr(meeting, name) == value for name, value in values.items()):
        return meeting
    for name, value in values.items():
        setattr(meeting, name, value)
    meeting.moved_at = timezone.now()
    meeting.save(update_fields=[*values, "moved_at"])
    meeting.message.body = meeting.title  # what lists, search and quotes say of it
    meeting.message.save(update_fields=["body"])
    _tell(MeetingMoved, actor, meeting)
    day = dateformat.format(starts_at.astimezone(zone_named(meeting.zones[0])), "l j F")
    times = words_in_zones(meeting.starts_at, meeting.ends_at, meeting.zones)
    _say(meeting, f"{actor.name} changed “{meeting.title}”: {day}, {times}")
    return meeting


@transaction.atomic
def cancel_meeting(*, actor: User, meeting: Meeting) -> Meeting:
    """Call a meeting off; its card stays and says so. Records `MeetingCancelled`.

    Raises `NotAllowed`, `MeetingIsOver`.
    """
    require(actor, "messaging.post", meeting.conversation)
    meeting = _lock(actor, meeting)
    meeting.cancelled_by, meeting.cancelled_at = actor, timezone.now()
    meeting.save(update_fields=["cancelled_by", "cancelled_at"])
    _tell(MeetingCancelled, actor, meeting)
    _say(meeting, f"{actor.name} cancelled “{meeting.title}”")
    return meeting


def _tell(event_class: Any, actor: User, meeting: Meeting) -> None:
    happened = event_class(meeting_id=meeting.pk, message_id=meeting.message_id)
    event = record(happened, stream=meeting.conversation.stream, actor=actor)
    event.audience = audience_of(meeting.conversation)


def _say(meeting: Meeting, text: str) -> None:
    """A card far up in the thread changes unseen: a line says it where people read."""
    post_system_message(
        actor=User.objects.system(),
        conversation=meeting.conversation,
        text=text,
        metadata={"kind": "meeting", "meeting": str(meeting.pk)},
    )


def _checked(title: str, starts_at: datetime, minutes: int, link: str) -> dict[str, Any]:
    """What is stored of a meeting; raises what is wrong with it."""
    title = " ".join(storable(title).split())
    if not title or len(title) > MAX_TITLE_CHARACTERS:
        raise WrongMeeting(
            f"Say what it is about, in at most {MAX_TITLE_CHARACTERS} characters.", field="title"
        )
    if not LEAST_MINUTES <= minutes <= MAX_MINUTES:
        raise WrongMeeting(
            f"A meeting takes {LEAST_MINUTES} minutes to {MAX_MINUTES // 60} hours.",
            field="duration_minutes",
        )
    check_time(starts_at, field="starts_at")
    link = link.strip()
    return {
        "title": title,
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=minutes),
        "link": link,
        "place": place_of(link),
    }


def _lock(actor: User, meeting: Meeting) -> Meeting:
    """The meeting as it stands, under its conversation's lock; raises what forbids a change."""
    refuse_staff(actor=actor, conversation=meeting.conversation)
    lock(meeting.conversation.stream)
    meeting = Meeting.objects.select_related("conversation", "message").get(pk=meeting.pk)
    forget_grants(actor)
    require(actor, "messaging.post", meeting.conversation)
    if meeting.conversation.closed_at is not None:
        raise ConversationIsClosed
    if meeting.is_cancelled or meeting.is_over(timezone.now()):
        raise MeetingIsOver
    return meeting
