"""People and rooms to measure with, made by the product's own actions.

Needs `django.setup()`: import it inside `run()` only.
"""

from dataclasses import dataclass
from uuid import uuid4

from accounts.actions.organisations import add_organisation, set_business_role
from accounts.actions.people import sign_up
from accounts.actions.tokens import create_api_token
from accounts.models import BusinessRole, User
from messaging.actions.messages import send_message
from messaging.fragments import message_html
from rooms.actions.lifecycle import create_room, start_room
from rooms.actions.participants import add_participant
from rooms.models import Mode, Role, Room, RoomType


@dataclass(frozen=True)
class Scene:
    """A live room: its host's token, and a token of everybody who listens."""

    room: Room
    host: User
    host_token: str
    listeners: list[User]
    listener_tokens: list[str]

    @property
    def conversation(self) -> str:
        """The id of the room's conversation."""
        return str(self.room.conversation_id)

    def another(self) -> "Scene":
        """A second room of the same people."""
        return open_room(self.host, self.host_token, self.listeners, self.listener_tokens)

    def peer_environment(self) -> dict[str, str]:
        """What the peers need to send frames of the same content and length as ours."""
        message = send_message(
            actor=self.host, conversation=self.room.conversation, body="PLACEHOLDER"
        )
        return {
            "BENCH_HTML": message_html(message).replace("PLACEHOLDER", "BODY"),
            "BENCH_PERSON": str(self.host.pk),
            "BENCH_STREAM": f"conversation:{self.conversation}",
        }


def make_person(name: str) -> User:
    """Somebody with an account."""
    email = f"{name.lower()}-{uuid4().hex}@demo.test"
    return sign_up(actor=User.objects.system(), email=email, name=name, password=None)


def make_consultant(name: str) -> User:
    """Somebody who may open rooms."""
    system = User.objects.system()
    house = add_organisation(actor=system, name=f"House {uuid4().hex}", is_internal=True)
    person = make_person(name)
    set_business_role(
        actor=system, user=person, organisation=house, role=BusinessRole.INTERNAL_ENGINEER
    )
    return User.objects.get(pk=person.pk)


def token_of(user: User) -> str:
    """An API token of the person."""
    token: str = create_api_token(actor=user, user=user)[0]
    return token


def make_scene(listeners: int) -> Scene:
    """A started room of a host and that many people who listen."""
    host = make_consultant("Mara")
    people = [make_person(f"Listener{number}") for number in range(listeners)]
    return open_room(host, token_of(host), people, [token_of(person) for person in people])


def open_room(host: User, host_token: str, people: list[User], tokens: list[str]) -> Scene:
    """A started room of these people."""
    room = create_room(
        actor=host,
        name="Bench",
        room_type=RoomType.objects.get(slug="consultation"),
        mode=Mode.INSTANT,
    )
    for person in people:
        add_participant(actor=host, room=room, user=person, role=Role.PARTICIPANT)
    start_room(actor=host, room=room)
    return Scene(room, host, host_token, people, tokens)
