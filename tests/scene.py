"""`python -m tests.scene`: make four people and their room in an empty database, by actions.

Prints the ids of the room and its conversation, and an id and a token of each person, as JSON.
"""

import json
import os
from uuid import uuid4

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "consultsuite.settings")
    django.setup()

    from accounts.actions.organisations import add_organisation, set_business_role
    from accounts.actions.people import sign_up
    from accounts.actions.tokens import create_api_token
    from accounts.models import BusinessRole, User
    from rooms.actions.lifecycle import create_room, start_room
    from rooms.actions.participants import add_participant
    from rooms.models import Mode, Role, RoomType

    system = User.objects.system()

    def make_person(name: str) -> User:
        email = f"{name.lower()}-{uuid4().hex}@demo.test"
        return sign_up(actor=system, email=email, name=name, password=None)

    house = add_organisation(actor=system, name=f"House {uuid4().hex}", is_internal=True)
    host, client, colleague, observer = map(make_person, ("Mara", "Tomas", "Priya", "Helen"))
    set_business_role(
        actor=system, user=host, organisation=house, role=BusinessRole.INTERNAL_ENGINEER
    )
    host = User.objects.get(pk=host.pk)
    room = create_room(
        actor=host,
        name="Nothing lost",
        room_type=RoomType.objects.get(slug="consultation"),
        mode=Mode.INSTANT,
        client=client,
    )
    add_participant(actor=host, room=room, user=colleague, role=Role.CONSULTANT)
    add_participant(actor=host, room=room, user=observer, role=Role.OBSERVER)
    start_room(actor=host, room=room)
    people = (host, client, colleague, observer)
    tokens = [create_api_token(actor=person, user=person)[0] for person in people]
    scene = {
        "room": str(room.pk),
        "conversation": str(room.conversation_id),
        "people": [str(person.pk) for person in people],
        "tokens": tokens,
    }
    print(json.dumps(scene))  # noqa: T201
