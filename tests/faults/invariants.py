"""What must hold at the end of every schedule, whatever broke. Each answers what is wrong."""

import re
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from tests.faults import answers, carried
from tests.faults.people import Later, Person, Said
from tests.live_client import Follower, Frame

if TYPE_CHECKING:
    from tests.faults.schedule import Run

Invariant = Callable[["Run"], Awaitable[list[str]]]
INVARIANTS: dict[str, Invariant] = {}

MAX_MEGABYTES = 350
MAX_FILES = 150

EXPECTED_LINES = (
    r"WARNING core\.outages: (PostgreSQL|Redis) is (away|back)",
    # Asked to end while the database was away: it waits for so long and no longer.
    r"ERROR uvicorn\.error: Cancel \d+ running task\(s\), timeout graceful shutdown exceeded",
)
"""What processes may say while something is broken."""

MOST_LINES = 15

TALKATIVE = ("worker", "beat")
"""Celery says at length that its broker is away; of them only a task that failed is unexpected."""


def invariant(function: Invariant) -> Invariant:
    """Register an invariant under its name."""
    name = function.__name__
    INVARIANTS[name.replace("_", " ")] = function
    return function


@invariant
async def acknowledged_messages_are_stored_once_with_their_last_words(run: "Run") -> list[str]:
    """An acknowledged message, edit or deletion is kept; a refused one never happened."""
    stored: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for row in await run.world.rows(
        "SELECT client_id::text, id::text, seq, body, deleted_at IS NOT NULL"
        " FROM messaging_message WHERE conversation_id = %s AND message_type = 'text'",
        run.conversation_id,
    ):
        stored[row[0]].append(row[1:])
    wrong = []
    for person in run.people.values():
        for said in person.said:
            wrong += _compare(said, stored.pop(said.client_id, []))
    return wrong + [f"nobody sent {rows}" for rows in stored.values()]


def _compare(said: Said, rows: list[tuple[Any, ...]]) -> list[str]:
    if len(rows) > 1:
        return [f"{said.body} is stored {len(rows)} times"]
    if said.message is None:
        is_wrong = bool(rows) and not said.is_uncertain
        return [f"{said.body} was refused and is stored"] if is_wrong else []
    if not rows:
        return [f"{said.body} was acknowledged and is lost"]
    message_id, seq, body, is_deleted = rows[0]
    wrong = []
    if (message_id, seq) != (said.message["id"], said.message["seq"]):
        wrong.append(f"{said.body} is {rows[0]}, acknowledged as {said.message}")
    if said.is_deleted and not is_deleted:
        wrong.append(f"{said.body} was deleted and is there")
    if is_deleted and not said.maybe_deleted:
        wrong.append(f"{said.body} is deleted and nobody did that")
    if body != "" if is_deleted else body not in {said.body, *said.maybe}:
        wrong.append(f"{said.body} says {body!r}")
    return wrong


@invariant
async def what_was_read_stays_read(run: "Run") -> list[str]:
    """The acknowledged place of each reader is kept, or a later one."""
    places = dict(
        await run.world.rows(
            "SELECT user_id::text, read_seq FROM messaging_conversationmember"
            " WHERE conversation_id = %s",
            run.conversation_id,
        )
    )
    return [
        f"{person.name} had read up to {person.has_read}, stored is {places[person.id]}"
        for person in run.people.values()
        if places[person.id] < person.has_read
    ]


@invariant
async def numbers_have_no_gaps(run: "Run") -> list[str]:
    """Of every stream there is; and a message has the number of the event that tells of it."""
    gaps = await run.world.rows(
        "SELECT kind, object_id::text, head, count(seq), min(seq), max(seq)"
        " FROM core_stream LEFT JOIN core_event ON stream_id = core_stream.id"
        " GROUP BY core_stream.id"
        " HAVING count(seq) <> head OR max(seq) <> head OR min(seq) <> 1"
    )
    told = await run.world.rows(
        "SELECT messaging_message.id::text, messaging_message.seq, array_agg(core_event.seq)"
        " FROM messaging_message"
        " LEFT JOIN core_stream ON object_id = conversation_id AND kind = 'conversation'"
        " LEFT JOIN core_event ON stream_id = core_stream.id AND name = 'MessageSent'"
        "  AND data->>'message_id' = messaging_message.id::text"
        " WHERE conversation_id = %s GROUP BY messaging_message.id"
        " HAVING array_agg(core_event.seq) <> ARRAY[messaging_message.seq]",
        run.conversation_id,
    )
    return [f"stream {row}" for row in gaps] + [f"message {row}" for row in told]


@invariant
async def client_ids_are_used_once(run: "Run") -> list[str]:
    """No author has two messages of one client_id."""
    rows = await run.world.rows(
        "SELECT author_id::text, client_id::text, count(*) FROM messaging_message"
        " GROUP BY author_id, client_id HAVING count(*) > 1"
    )
    return [str(row) for row in rows]


@invariant
async def everybody_sees_what_is_stored(run: "Run") -> list[str]:
    """What a member's page shows, made of socket events only, is what the database holds."""
    wrong = await run.unseen()
    logs = {
        follower.stream: await _log(run, follower.stream)
        for follower in run.people["mara"].followers
    }
    messages = await run.world.rows(
        "SELECT id::text, seq, body, deleted_at IS NOT NULL FROM messaging_message"
        " WHERE conversation_id = %s ORDER BY seq",
        run.conversation_id,
    )
    places = await run.world.rows(
        "SELECT user_id::text, role FROM rooms_participant"
        " WHERE room_id = %s AND left_at IS NULL ORDER BY user_id",
        run.room_id,
    )
    for person in run.members:
        for follower in person.followers:
            seen = [(event["seq"], event["name"]) for event in follower.events]
            if seen != logs[follower.stream][: len(seen)]:
                wrong.append(f"{person.name} saw other events in {follower.stream}: {seen}")
        if shown_messages(person.conversation.events) != messages:
            wrong.append(f"{person.name} sees other messages than are stored")
        if shown_people(person.room.events) != places:
            wrong.append(f"{person.name} sees {shown_people(person.room.events)}, are {places}")
    return wrong


async def _log(run: "Run", stream: str) -> list[tuple[Any, ...]]:
    kind, _, object_id = stream.partition(":")
    return await run.world.rows(
        "SELECT seq, name FROM core_event JOIN core_stream ON core_stream.id = stream_id"
        " WHERE kind = %s AND object_id = %s ORDER BY seq",
        kind,
        object_id,
    )


def shown_messages(events: list[Frame]) -> list[tuple[Any, ...]]:
    """The messages that a page shows which was given these events."""
    shown = {}
    for event in events:
        if event["name"] in ("MessageSent", "MessageEdited", "MessageDeleted"):
            data = event["data"]
            place, seq = data.get("id"), data.get("seq")
            shown[place] = (place, seq, data.get("body"), data.get("is_deleted"))
    return sorted(shown.values(), key=lambda row: row[1] or 0)


def shown_people(events: list[Frame]) -> list[tuple[Any, ...]]:
    """The people and roles that a page shows which was given these events."""
    shown: dict[str, str] = {}
    for event in events:
        if event["name"] in ("ParticipantAdded", "ParticipantRoleChanged"):
            shown[event["data"]["user_id"]] = event["data"]["role"]
        elif event["name"] == "ParticipantRemoved":
            shown.pop(event["data"]["user_id"])
    return sorted(shown.items())


@invariant
async def every_number_came_once_and_in_order(run: "Run") -> list[str]:
    """Within a subscription, as the server promises."""
    people = run.people.values()
    return [text for person in people for f in person.followers for text in f.surprises]


@invariant
async def nobody_heard_of_what_came_after_their_removal(run: "Run") -> list[str]:
    """Until they were added again, when they may read everything."""
    wrong = []
    for person in run.people.values():
        for follower, name in (
            (person.conversation, "AccessRevoked"),
            (person.room, "ParticipantRemoved"),
        ):
            wrong += await _leaks(run, person, follower, name)
    return wrong


async def _leaks(run: "Run", person: Person, follower: Follower, name: str) -> list[str]:
    kind, _, object_id = follower.stream.partition(":")
    removals = await run.world.rows(
        "SELECT seq FROM core_event JOIN core_stream ON core_stream.id = stream_id"
        " WHERE kind = %s AND object_id = %s AND name = %s AND data->>'user_id' = %s ORDER BY seq",
        kind, object_id, name, person.id,
    )  # fmt: skip
    absences = [r for r in person.restrictions if r.kind == "removed"]
    if len(removals) != len(absences):
        return [f"{person.name} was removed {len(absences)} times, the log says {removals}"]
    return [
        f"{person.name} heard {follower.stream} {seq}, removed at {removed}"
        for (removed,), absence in zip(removals, absences, strict=True)
        for at, seq in follower.heard
        if seq >= removed and at >= absence.began
        and (absence.returning is None or at < absence.returning)
    ]  # fmt: skip


@invariant
async def only_those_without_the_right_are_refused(run: "Run") -> list[str]:
    """And nobody got an answer that says that something is wrong here."""
    wrong = [text for person in run.people.values() for text in person.surprises]
    for person in run.people.values():
        wrong += [
            f"{person.name} was refused {what}"
            for began, ended, what in person.refused_at
            if not any(r.touches(began, ended) for r in person.restrictions)
        ]
    return wrong


@invariant
async def grants_equal_roles(run: "Run") -> list[str]:
    """As `manage.py check_grants` compares them, in the whole database."""
    lines: list[str] = await run.world.inside("differing_grants")
    return lines


@invariant
async def stays_and_presence_are_right(run: "Run") -> list[str]:
    """One open stay and a presence for everybody who is in the room, none for the others."""
    return await run.wrong_presence()


@invariant
async def what_follows_an_event_is_done(run: "Run") -> list[str]:
    """Every errand there is, of whatever schedule; and each event that has one, has it."""
    wrong = await run.world.rows(
        "SELECT name, attempts, due_at, last_failure FROM core_errand WHERE done_at IS NULL"
    )
    missing = await run.world.rows(
        "SELECT core_event.id, core_event.name FROM core_event"
        " LEFT JOIN core_errand ON event_id = core_event.id"
        " WHERE core_event.name IN ('InvitationMade', 'ParticipantAdded', 'NewDeviceSeen')"
        " AND core_errand.id IS NULL"
    )
    return [f"errand {row}" for row in wrong] + [f"event {row} has no errand" for row in missing]


@invariant
async def mail_goes_out_once(run: "Run") -> list[str]:
    """To whoever was invited; twice only where one who sent it died before it could note that."""
    wrong = []
    for person in run.people.values():
        for address in person.invited:
            tried = await run.world.rows(
                "SELECT core_errand.attempts, sent_at IS NOT NULL FROM rooms_roominvitation"
                " JOIN core_event ON data->>'invitation_id' = rooms_roominvitation.id::text"
                " JOIN core_errand ON event_id = core_event.id WHERE email = %s",
                address,
            )
            sent = await run.world.mailed(address)
            most = sum(attempts for attempts, _ in tried)
            if [is_noted for _, is_noted in tried] != [True] or not 1 <= sent <= most:
                wrong.append(f"{address} got {sent} mails, its errands are {tried}")
    return wrong


@invariant
async def what_was_scheduled_is_sent_once(run: "Run") -> list[str]:
    """As it was written; not at all only where it was cancelled, or its author might not write."""
    rows = await run.world.rows(
        "SELECT scheduled.id::text, state, scheduled.body, failure, message.body,"
        " message.deleted_at IS NOT NULL, message.id = message_id"
        " FROM messaging_scheduledmessage scheduled LEFT JOIN messaging_message message"
        " ON message.author_id = scheduled.author_id AND message.client_id = scheduled.client_id"
        " WHERE scheduled.conversation_id = %s",
        run.conversation_id,
    )
    found: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for row in rows:
        found[row[0]].append(row[1:])
    return [
        f"{later.said.body} was scheduled, and is {found[later.id]}"
        for person in run.people.values()
        for later in person.later
        if len(found[later.id]) != 1 or not _is_right(later, person, *found[later.id][0])
    ]


def _is_right(
    later: Later, person: Person, state: str, kept: str, failure: str,
    said: str | None, is_deleted: bool, is_this: bool | None,
) -> bool:  # fmt: skip
    if state == "sent":
        is_as_written = said == later.said.body or is_deleted
        return not later.is_cancelled and kept == "" and is_as_written and bool(is_this)
    if state == "failed":
        may_fail = bool(person.restrictions)
        return may_fail and kept == later.said.body and failure != "" and said is None
    return state == "cancelled" and later.maybe_cancelled and kept == "" and said is None


@invariant
async def what_was_to_be_reminded_of_is_told_once_at_least(run: "Run") -> list[str]:
    """By an event on the person's own stream; and it stays due until they say that it is done."""
    wrong = []
    for person in run.people.values():
        for reminder, is_done in person.reminders.items():
            rows = await run.world.rows(
                "SELECT state, (SELECT count(*) FROM core_event JOIN core_stream"
                " ON core_stream.id = stream_id WHERE kind = 'user' AND object_id = %s"
                " AND name = 'ReminderDue' AND data->>'reminder_id' = %s)"
                " FROM messaging_reminder WHERE id = %s",
                person.id,
                reminder,
                reminder,
            )
            expected = ("done", 0) if is_done else ("due", 1)
            if not rows or rows[0][0] != expected[0] or rows[0][1] < expected[1]:
                wrong.append(f"{person.name} wanted {reminder}, it is {rows}, not {expected}")
    return wrong


invariant(answers.acknowledged_reactions_are_there_once)
invariant(carried.acknowledged_files_are_there_once_with_their_words)
invariant(answers.what_was_seen_is_told_and_never_taken_back)


@invariant
async def processes_say_what_is_expected(run: "Run") -> list[str]:
    """A line when an outage begins and one when it ends; no traceback, whatever happens."""
    wrong = []
    for name, lines in run.world.said().items():
        if name in TALKATIVE:
            unexpected = _failed_tasks(lines)
        else:
            unexpected = [line for line in lines if not re.match("|".join(EXPECTED_LINES), line)]
        if len(unexpected) > 2 * MOST_LINES:  # how it began, and what became of it
            unexpected = [*unexpected[:MOST_LINES], "...", *unexpected[-MOST_LINES:]]
        wrong += [f"{name}: {line}" for line in unexpected]
    return wrong


def _failed_tasks(lines: list[str]) -> list[str]:
    """The lines of a worker's log that tell of tasks that failed, each with its traceback."""
    found, is_failure = [], False
    for line in lines:
        if line.startswith("["):
            is_failure = "raised unexpected" in line
        if is_failure:
            found.append(line)
    return found


@invariant
async def processes_stay_small(run: "Run") -> list[str]:
    """No web process holds more and more memory or files."""
    return [
        f"web {name} has {megabytes} MB and {files} open files"
        for name, (megabytes, files) in run.world.sizes().items()
        if megabytes > MAX_MEGABYTES or files > MAX_FILES
    ]
