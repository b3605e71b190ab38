"""What must hold of how people answer what was said: emoji, and having seen it.

Registered in `invariants`.
"""

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

from tests.faults.people import Person

if TYPE_CHECKING:
    from tests.faults.schedule import Run

Reacted = tuple[str, str, str]
"""Whose, on which message, and which emoji."""


async def acknowledged_reactions_are_there_once(run: "Run") -> list[str]:
    """What was taken back is gone, as is what stood on a message that was deleted; and the log
    tells of each coming and going in turn."""
    rows = await run.world.rows(
        "SELECT reaction.user_id::text, message.id::text, emoji, deleted_at IS NOT NULL"
        " FROM messaging_reaction reaction"
        " JOIN messaging_message message ON message.id = message_id"
        " WHERE conversation_id = %s",
        run.conversation_id,
    )
    deleted = {
        message_id
        for (message_id,) in await run.world.rows(
            "SELECT id::text FROM messaging_message"
            " WHERE conversation_id = %s AND deleted_at IS NOT NULL",
            run.conversation_id,
        )
    }
    stored: dict[Reacted, int] = defaultdict(int)
    for user_id, message_id, emoji, _ in rows:
        stored[user_id, message_id, emoji] += 1
    wrong = [f"{row} stands on a deleted message" for row in rows if row[3]]
    made: dict[Reacted, bool | None] = {
        (person.id, message_id, emoji): is_there
        for person in run.people.values()
        for (message_id, emoji), is_there in person.reactions.items()
    }
    told = await _told(run)
    for reacted in {*made, *stored, *told}:
        number, expected = stored[reacted], made.get(reacted, False)
        is_gone = reacted[1] in deleted
        if number > 1 or (not is_gone and expected is not None and number != expected):
            wrong.append(f"{reacted} is there {number} times, acknowledged as {expected}")
        turns = told[reacted]
        in_turn = ["ReactionAdded", "ReactionRemoved"] * len(turns)
        if turns != in_turn[: len(turns)] or (not is_gone and len(turns) % 2 != number):
            wrong.append(f"{reacted} is there {number} times, the log tells of {turns}")
    return wrong


async def _told(run: "Run") -> dict[Reacted, list[str]]:
    told: dict[Reacted, list[str]] = defaultdict(list)
    for user_id, message_id, emoji, name in await run.world.rows(
        "SELECT actor_id::text, data->>'message_id', data->>'emoji', name FROM core_event"
        " JOIN core_stream ON core_stream.id = stream_id"
        " WHERE kind = 'conversation' AND object_id = %s"
        " AND name IN ('ReactionAdded', 'ReactionRemoved') ORDER BY seq",
        run.conversation_id,
    ):
        told[user_id, message_id, emoji].append(name)
    return told


async def what_was_seen_is_told_and_never_taken_back(run: "Run") -> list[str]:
    """How far somebody has read, the marks of when, and what others and their own devices are
    told of it agree; and each only goes on."""
    return [text for person in run.people.values() for text in await _wrong_place(run, person)]


async def _wrong_place(run: "Run", person: Person) -> list[str]:
    ((read, delivered),) = await run.world.rows(
        "SELECT read_seq, delivered_seq FROM messaging_conversationmember"
        " WHERE conversation_id = %s AND user_id = %s",
        run.conversation_id,
        person.id,
    )
    seen = await _numbers(run, person, "MessagesSeen")
    got = await _numbers(run, person, "MessagesDelivered")
    own = await _own_numbers(run, person)
    marks = [
        seq
        for (seq,) in await run.world.rows(
            "SELECT seq FROM messaging_readmark WHERE conversation_id = %s AND user_id = %s"
            " ORDER BY at",
            run.conversation_id,
            person.id,
        )
    ]
    ((unseen,),) = await run.world.rows(
        "SELECT count(*) FROM messaging_message WHERE conversation_id = %s AND author_id <> %s"
        " AND message_type <> 'system' AND seq > %s AND seq <= %s",
        run.conversation_id,
        person.id,
        max(seen, default=0),
        read,
    )
    claims = {
        "was told as seen again or back": all(a < b for a, b in pairwise(seen)),
        "was told as delivered again or back": all(a < b for a, b in pairwise(got)),
        "has marks that go back": all(a < b for a, b in pairwise(marks)),
        "told their devices of going back": all(a <= b for a, b in pairwise(own)),
        "read on or back without their devices being told": max(own, default=0) == read,
        "read others' messages that are not told as seen": unseen == 0,
        "has read less than is told": max(seen, default=0) <= read,
        # A second keeps one mark, the newest.
        "has other marks than were told": {*marks} <= {*seen} and marks[-1:] == seen[-1:],
        "has got less than is told": max([*got, *seen], default=0) <= delivered,
    }
    return [
        f"{person.name} {what}: read {read}, delivered {delivered}, seen {seen}, got {got},"
        f" marks {marks}, own {own}"
        for what, holds in claims.items()
        if not holds
    ]


async def _numbers(run: "Run", person: Person, name: str) -> list[int]:
    rows = await run.world.rows(
        "SELECT (data->>'seq')::bigint FROM core_event"
        " JOIN core_stream ON core_stream.id = stream_id"
        " WHERE kind = 'conversation' AND object_id = %s AND name = %s AND data->>'user_id' = %s"
        " ORDER BY core_event.seq",
        run.conversation_id,
        name,
        person.id,
    )
    return [seq for (seq,) in rows]


async def _own_numbers(run: "Run", person: Person) -> list[int]:
    rows = await run.world.rows(
        "SELECT (data->>'seq')::bigint FROM core_event"
        " JOIN core_stream ON core_stream.id = stream_id"
        " WHERE kind = 'user' AND object_id = %s AND name = 'ConversationRead'"
        " AND data->>'conversation_id' = %s ORDER BY core_event.seq",
        person.id,
        run.conversation_id,
    )
    return [seq for (seq,) in rows]
