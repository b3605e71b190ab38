"""What people can do. Each step goes on until it is acknowledged or refused for good.

A new kind of step is one function here: `@step(who, weight)`, taking the schedule that runs, the
person and the plan's number for its details. It notes with the person what was acknowledged, for
the invariants to look for.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import quote
from uuid import uuid4

from tests.faults.carried import carry
from tests.faults.people import Later, Person, Restricted, Said
from tests.faults.plan import Kind

if TYPE_CHECKING:
    from tests.faults.schedule import Run

HOST = "mara"
ROLES = {"tomas": "client", "priya": "consultant", "helen": "participant", "noor": "observer"}
PEOPLE = (HOST, *ROLES)
WRITERS = ("mara", "tomas", "priya", "helen")
MOVABLE = ("tomas", "helen")
"""Those whom the host removes, adds again and gives other roles."""
STAYING = tuple(name for name in PEOPLE if name not in MOVABLE)
EMOJI = ("👍", "🎉", "🙂")

Step = Callable[["Run", Person, int], Awaitable[None]]
STEPS: dict[str, Step] = {}
KINDS: list[Kind] = []


def step(who: tuple[str, ...], weight: int = 1, *, dice: str = "") -> Callable[[Step], Step]:
    """Register a step: who takes it, how often, and by which dice it is planned."""

    def register(function: Step) -> Step:
        name = function.__name__.replace("_", "-")
        STEPS[name] = function
        KINDS.append(Kind(name, who, weight, dice=dice))
        return function

    return register


@step(WRITERS, weight=8)
async def send(run: "Run", person: Person, number: int) -> None:
    """Send a message through the socket."""
    said = _new(person, number)
    _note_sent(said, await person.send_by_socket(said, said.body))


@step(WRITERS, weight=4)
async def post(run: "Run", person: Person, number: int) -> None:
    """Send a message over HTTP."""
    said = _new(person, number)
    _note_sent(said, await person.send_by_http(said, said.body))


@step(WRITERS, weight=4)
async def send_twice(run: "Run", person: Person, number: int) -> None:
    """Send the same message both ways at the same moment."""
    said = _new(person, number)
    ways = (person.send_by_socket(said, said.body), person.send_by_http(said, said.body))
    answers = [answer for answer in await asyncio.gather(*ways) if answer is not None]
    if len({(answer["id"], answer["seq"]) for answer in answers}) > 1:
        person.surprises.append(f"{said.body} became two messages: {answers}")
    _note_sent(said, answers[0] if answers else None)


@step(WRITERS, weight=5)
async def edit(run: "Run", person: Person, number: int) -> None:
    """Change one of one's own messages."""
    said = _one_of(person, number)
    if said is None or said.message is None:
        return
    body = f"{said.body.split(' edited')[0]} edited {number}"
    path = f"/api/messages/{said.message['id']}/"
    answer, is_uncertain = await person.ask("PATCH", path, {"body": body})
    if answer.is_success:
        said.body = body
    elif is_uncertain:
        said.maybe.add(body)


@step(WRITERS, weight=2)
async def delete(run: "Run", person: Person, number: int) -> None:
    """Delete one of one's own messages."""
    said = _one_of(person, number)
    if said is not None:
        await _delete(person, said)


@step(PEOPLE, weight=2)
async def read(run: "Run", person: Person, number: int) -> None:
    """Say that one has seen everything so far."""
    await _see(person, person.conversation.number)


@step((HOST,), weight=1)
async def moderate(run: "Run", person: Person, number: int) -> None:
    """Delete somebody else's message."""
    others = [run.people[name] for name in WRITERS if name != person.name]
    said = _one_of(others[number % len(others)], number)
    if said is not None:
        await _delete(person, said)


@step((HOST,), weight=3)
async def remove(run: "Run", person: Person, number: int) -> None:
    """Take somebody out of the room."""
    whom = run.people[MOVABLE[number % len(MOVABLE)]]
    if whom.restrictions and whom.restrictions[-1].ended is None:
        return
    out = Restricted("removed")
    whom.restrictions.append(out)
    await person.ask("DELETE", _place(whom))  # a repeat finds nobody there: 404
    out.taken = monotonic()


@step((HOST,), weight=3)
async def add_again(run: "Run", person: Person, number: int) -> None:
    """Let somebody who was removed in again."""
    whom = run.people[MOVABLE[number % len(MOVABLE)]]
    if not whom.is_out:
        return
    out = whom.restrictions[-1]
    out.returning = monotonic()
    content = {"user": whom.id, "role": ROLES[whom.name]}
    await person.ask("POST", f"/api/rooms/{whom.room_id}/participants/", content)
    out.ended = monotonic()
    await whom.follow()


@step((HOST,), weight=1)
async def silence(run: "Run", person: Person, number: int) -> None:
    """Let somebody only read, and give them their role back."""
    whom = run.people[MOVABLE[number % len(MOVABLE)]]
    if whom.restrictions and whom.restrictions[-1].ended is None:
        return
    restriction = Restricted("silenced")
    whom.restrictions.append(restriction)
    await person.ask("PATCH", _place(whom), {"role": "observer"})
    restriction.taken = restriction.returning = monotonic()
    await person.ask("PATCH", _place(whom), {"role": ROLES[whom.name]})
    restriction.ended = monotonic()


@step((HOST,), weight=4)
async def invite(run: "Run", person: Person, number: int) -> None:
    """Invite somebody by e-mail: a mail follows."""
    address = f"{uuid4().hex}@demo.test"
    content = {"email": address, "role": "participant"}
    await person.ask("POST", f"/api/rooms/{person.room_id}/invitations/", content)
    person.invited.append(address)  # a repeat finds the invitation there: 409


@step(("tomas", "priya"), weight=1)
async def sign_out(run: "Run", person: Person, number: int) -> None:
    """Sign out while something is being sent, and in again: it is sent all the same."""
    said = _new(person, number)
    sending = asyncio.ensure_future(person.send_by_socket(said, said.body))
    await person.ask_once("POST", "/api/auth/signout/")
    person.token = await run.world.inside("token", person.id)
    _note_sent(said, await sending)


@step(WRITERS, weight=4, dice="apart")
async def send_later(run: "Run", person: Person, number: int) -> None:
    """Schedule a message, whose time then comes at once."""
    said = _new(person, number)
    said.is_uncertain = True  # what became of it, the invariant about those asks
    answer, _ = await person.ask(
        "POST",
        f"/api/conversations/{person.conversation_id}/scheduled/",
        {"body": said.body, "client_id": said.client_id, "send_at": _in_an_hour()},
    )
    if answer.is_success:
        later = Later(answer.json()["id"], said)
        person.later.append(later)
        await run.world.inside("let_time_pass_for_messages", later.id)


@step(WRITERS, weight=2, dice="apart")
async def cancel_later(run: "Run", person: Person, number: int) -> None:
    """Cancel one of them, which may be on its way already."""
    if not person.later:
        return
    later = person.later[number % len(person.later)]
    later.maybe_cancelled = True
    answer, _ = await person.ask("DELETE", f"/api/scheduled/{later.id}/")
    later.is_cancelled = later.is_cancelled or answer.is_success


@step(STAYING, weight=3, dice="apart")
async def remind(run: "Run", person: Person, number: int) -> None:
    """Set a reminder of something that somebody said, whose time then comes at once."""
    said = _one_of(run.people[WRITERS[number % len(WRITERS)]], number)
    if said is None or said.message is None:
        return
    content = {"message": said.message["id"], "remind_at": _in_an_hour()}
    answer, _ = await person.ask("POST", "/api/reminders/", content)
    if answer.is_success:  # 409 where the message was deleted
        reminder = answer.json()["id"]
        person.reminders[reminder] = False
        await run.world.inside("let_time_pass_for_reminders", reminder)


@step(STAYING, weight=1, dice="apart")
async def answer_reminder(run: "Run", person: Person, number: int) -> None:
    """Say of a reminder that it is done."""
    if not person.reminders:
        return
    reminder = sorted(person.reminders)[number % len(person.reminders)]
    answer, _ = await person.ask("POST", f"/api/reminders/{reminder}/done/")
    person.reminders[reminder] = answer.is_success


@step(WRITERS, weight=4, dice="answers")
async def react(run: "Run", person: Person, number: int) -> None:
    """Answer something that somebody said with an emoji, perhaps once more."""
    said = _one_of(run.people[WRITERS[number % len(WRITERS)]], number)
    if said is not None and said.message is not None:
        emoji = EMOJI[number % len(EMOJI)]
        await _react(person, "POST", said.message["id"], emoji)


@step(WRITERS, weight=2, dice="answers")
async def unreact(run: "Run", person: Person, number: int) -> None:
    """Take one of one's own emoji back, perhaps once more."""
    if person.reactions:
        message_id, emoji = sorted(person.reactions)[number % len(person.reactions)]
        await _react(person, "DELETE", message_id, emoji)


@step(PEOPLE, weight=3, dice="answers")
async def see_on_two_devices(run: "Run", person: Person, number: int) -> None:
    """See everything on one device, and at the same moment less on another."""
    newest = person.conversation.number
    await asyncio.gather(_see(person, newest), _see(person, number % (newest + 1)))


@step(PEOPLE, weight=2, dice="answers")
async def receive(run: "Run", person: Person, number: int) -> None:
    """Say that everything so far got here, which nobody has looked at yet."""
    path = f"/api/conversations/{person.conversation_id}/received/"
    await person.ask("POST", path, {"seq": person.conversation.number})


@step(WRITERS, weight=3, dice="files")
async def send_a_file(run: "Run", person: Person, number: int) -> None:
    """Send a message that carries a file."""
    said = _new(person, number)
    _note_sent(said, await carry(person, said))


async def _react(person: Person, method: str, message_id: str, emoji: str) -> None:
    path = f"/api/messages/{message_id}/reactions/"
    if method == "DELETE":
        answer, is_uncertain = await person.ask(method, f"{path}?emoji={quote(emoji)}")
    else:
        answer, is_uncertain = await person.ask(method, path, {"emoji": emoji})
    if answer.is_success:
        person.reactions[message_id, emoji] = method == "POST"
    elif is_uncertain:
        person.reactions[message_id, emoji] = None


async def _see(person: Person, seq: int) -> None:
    path = f"/api/conversations/{person.conversation_id}/read/"
    answer, _ = await person.ask("POST", path, {"seq": seq})
    if answer.is_success:
        person.has_read = max(person.has_read, seq)


def _in_an_hour() -> str:
    return (datetime.now(UTC) + timedelta(hours=1)).isoformat()


async def _delete(person: Person, said: Said) -> None:
    if said.message is None:
        return
    said.maybe_deleted = True  # from the first attempt on, whoever tries
    answer, _ = await person.ask("DELETE", f"/api/messages/{said.message['id']}/")
    said.is_deleted = said.is_deleted or answer.is_success


def _new(person: Person, number: int) -> Said:
    said = Said(person.name, str(uuid4()), f"{person.name} {len(person.said)} {number}")
    person.said.append(said)
    return said


def _note_sent(said: Said, message: dict[str, object] | None) -> None:
    said.message, said.is_refused = message, message is None


def _one_of(person: Person, number: int) -> Said | None:
    known = [said for said in person.said if said.message is not None]
    return known[number % len(known)] if known else None


def _place(whom: Person) -> str:
    return f"/api/rooms/{whom.room_id}/participants/{whom.id}/"
