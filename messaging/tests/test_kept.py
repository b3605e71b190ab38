"""Messages that are pinned, saved, forwarded and linked to."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core.errors import NotAllowed
from core.permissions import forget_grants
from messaging.actions.conversations import (
    close_conversation,
    open_conversation,
    remove_member,
    set_member,
)
from messaging.actions.forwarding import forward_message
from messaging.actions.messages import (
    ClientIdTaken,
    ConversationIsClosed,
    ForwardedStays,
    MessageIsDeleted,
    NotThisMessage,
    delete_message,
    edit_message,
    send_message,
)
from messaging.actions.pins import TooManyPins, pin_message, unpin_message
from messaging.actions.saved import save_message, unsave_message
from messaging.fragments import message_html
from messaging.models import (
    Conversation,
    ConversationKind,
    MemberRole,
    Message,
    Pin,
    SavedMessage,
)
from messaging.models.pin import MAX_PINS
from messaging.queries.forwarding import forward_targets
from messaging.queries.kept import SAVED_SHOWN, messages_by_id, saved_page
from messaging.queries.names import names_for
from rooms.models import Room
from tests.api import signed_in
from tests.fixtures import capture_events, names, refused

Say = Callable[..., Message]
HTMX: dict[str, Any] = {"headers": {"HX-Request": "true"}}


@pytest.fixture
def said(room: Room, client_user: User, say: Say) -> Message:
    """A message of the client."""
    return say(client_user, room, "Cut-over on *Monday*")


@pytest.fixture
def other(make_room: Any) -> Room:
    """Another room of the same two."""
    made: Room = make_room("Halden access review", active=True)
    return made


@pytest.fixture
def talk(system: User, consultant: User, client_user: User, colleague: User) -> Conversation:
    """A group without a title."""
    made = open_conversation(actor=system, kind=ConversationKind.GROUP, title="")
    for person in (consultant, client_user, colleague):
        set_member(actor=system, conversation=made, user=person, role=MemberRole.MEMBER)
        forget_grants(person)
    return made


def of(name: str, message: Message) -> str:
    return reverse(f"messaging:{name}", args=[message.pk])


def reader(room: Room, person: User, system: User) -> None:
    """From now on the person may only read."""
    set_member(actor=system, conversation=room.conversation, user=person, role=MemberRole.READER)
    forget_grants(person)


class TestPins:
    def test_once_with_its_event_and_out_again(
        self, said: Message, consultant: User, client_user: User
    ) -> None:
        with capture_events() as events:
            for _ in range(2):
                pin_message(actor=consultant, message=said)
        (event,) = events
        assert (event.name, event.data) == ("MessagePinned", {"message_id": str(said.pk)})
        assert str(event.stream) == str(said.conversation.stream)
        shown = messages_by_id([said.pk])[said.pk]
        assert shown.is_pinned
        assert "Pinned</p>" in message_html(shown)
        with capture_events() as events:
            for _ in range(2):
                unpin_message(actor=client_user, message=said)
        assert names(events) == ["MessageUnpinned"]
        assert not Pin.objects.exists()

    def test_fifty_are_the_most(self, room: Room, consultant: User, say: Say) -> None:
        messages = [say(consultant, room, str(number)) for number in range(MAX_PINS + 1)]
        for message in messages[:MAX_PINS]:
            pin_message(actor=consultant, message=message)
        with refused(TooManyPins, "50 messages are pinned here, which is the most."):
            pin_message(actor=consultant, message=messages[-1])
        unpin_message(actor=consultant, message=messages[0])
        pin_message(actor=consultant, message=messages[-1])

    @pytest.mark.parametrize("act", [pin_message, unpin_message])
    def test_whom_and_what_it_is_refused(
        self, act: Any, said: Message, room: Room, client_user: User, consultant: User,
        outsider: User, system: User,
    ) -> None:  # fmt: skip
        with refused(NotAllowed):
            act(actor=outsider, message=said)
        line = room.conversation.messages.get(message_type="system")
        with refused(NotThisMessage):
            act(actor=consultant, message=line)
        reader(room, client_user, system)
        with refused(NotAllowed):
            act(actor=client_user, message=said)
        close_conversation(actor=system, conversation=room.conversation)
        with refused(ConversationIsClosed):
            act(actor=consultant, message=said)

    def test_what_is_deleted_is_pinned_no_more(self, said: Message, client_user: User) -> None:
        pin_message(actor=client_user, message=said)
        delete_message(actor=client_user, message=said)
        assert not Pin.objects.exists()
        with refused(MessageIsDeleted):
            pin_message(actor=client_user, message=said)

    def test_the_list_leads_to_them(
        self, said: Message, room: Room, consultant: User, say: Say, client: Client
    ) -> None:
        later = say(consultant, room, "Old sheets readable until January")
        for message in (said, later):
            pin_message(actor=consultant, message=message)
        client.force_login(consultant)
        html = client.get(reverse("messaging:pins", args=[room.conversation_id])).content.decode()
        assert html.index("Old sheets") < html.index("Cut-over")
        assert f'data-jump="{said.pk}"' in html
        assert of("unpin", said) in html
        assert client.post(of("unpin", said), **HTMX).status_code == 204
        assert client.post(of("pin", said), **HTMX).status_code == 204

    def test_who_only_reads_sees_it_without_unpin(
        self, said: Message, room: Room, client_user: User, consultant: User, system: User,
        client: Client,
    ) -> None:  # fmt: skip
        address = reverse("messaging:pins", args=[room.conversation_id])
        client.force_login(client_user)
        assert "Nothing is pinned." in client.get(address).content.decode()
        pin_message(actor=consultant, message=said)
        reader(room, client_user, system)
        assert "Unpin" not in client.get(address).content.decode()

    def test_over_the_api(self, said: Message, room: Room, consultant: User) -> None:
        api = signed_in(consultant)
        assert api.post(f"/api/messages/{said.pk}/pin/").json()["is_pinned"] is True
        listed = api.get(f"/api/conversations/{room.conversation_id}/pins/").json()["results"]
        assert [(one["id"], one["is_pinned"]) for one in listed] == [(str(said.pk), True)]
        assert api.delete(f"/api/messages/{said.pk}/pin/").json()["is_pinned"] is False


class TestSaved:
    def test_it_is_told_to_oneself_alone(self, said: Message, consultant: User) -> None:
        with capture_events() as events:
            for act in (save_message, save_message, unsave_message, unsave_message):
                act(actor=consultant, message=said)
        assert names(events) == ["MessageSaved", "MessageUnsaved"]
        assert {str(event.stream) for event in events} == {str(consultant.stream)}
        assert events[0].data == {
            "conversation_id": str(said.conversation_id),
            "message_id": str(said.pk),
        }

    def test_refusals(self, said: Message, room: Room, outsider: User, client_user: User) -> None:
        for act in (save_message, unsave_message):
            with refused(NotAllowed):
                act(actor=outsider, message=said)
        with refused(NotThisMessage):
            line = room.conversation.messages.get(message_type="system")
            save_message(actor=client_user, message=line)
        delete_message(actor=client_user, message=said)
        said.refresh_from_db()
        with refused(MessageIsDeleted):
            save_message(actor=client_user, message=said)

    def test_the_page_lists_my_own_that_i_may_still_read(
        self, said: Message, talk: Conversation, client_user: User, consultant: User,
        system: User, client: Client,
    ) -> None:  # fmt: skip
        elsewhere = send_message(actor=client_user, conversation=talk, body="In the group")
        for message in (said, elsewhere):
            save_message(actor=consultant, message=message)
        save_message(actor=client_user, message=said)
        client.force_login(consultant)
        html = client.get(reverse("messaging:saved")).content.decode()
        assert html.index("In the group") < html.index("<em>Monday</em>")
        assert of("message", said) in html
        assert "Tomas Okafor, Priya Raman" in html
        remove_member(actor=system, conversation=talk, user=consultant)
        forget_grants(consultant)
        assert "In the group" not in client.get(reverse("messaging:saved")).content.decode()
        delete_message(actor=client_user, message=said)
        html = client.get(reverse("messaging:saved")).content.decode()
        assert "Message deleted" in html
        assert f'href="{of("message", said)}"' not in html
        assert client.post(of("unsave", said)).status_code == 302
        html = client.get(reverse("messaging:saved")).content.decode()
        assert "Messages that you save are listed here" in html
        assert SavedMessage.objects.filter(user=client_user).exists()

    def test_it_is_paged(self, room: Room, consultant: User, say: Say, client: Client) -> None:
        for number in range(SAVED_SHOWN + 1):
            save_message(actor=consultant, message=say(consultant, room, f"Number {number:02}"))
        first = saved_page(consultant)
        assert [saved.message.body for saved, _ in first.entries][:2] == ["Number 20", "Number 19"]
        client.force_login(consultant)
        html = client.get(reverse("messaging:saved")).content.decode()
        assert f"?before={first.earlier}" in html
        html = client.get(f"{reverse('messaging:saved')}?before={first.earlier}").content.decode()
        assert "Number 00" in html
        assert "Number 01" not in html
        assert saved_page(consultant, before=first.earlier).earlier is None

    def test_the_menu_says_which_way(self, said: Message, consultant: User, client: Client) -> None:
        client.force_login(consultant)
        assert "Save for me" in client.get(of("menu", said)).content.decode()
        assert client.post(of("save", said), **HTMX).status_code == 204
        assert "Remove from saved" in client.get(of("menu", said)).content.decode()
        assert client.post(of("unsave", said), **HTMX).status_code == 204

    def test_over_the_api(self, said: Message, consultant: User) -> None:
        api, address = signed_in(consultant), f"/api/messages/{said.pk}/saved/"
        assert api.post(address).json()["id"] == str(said.pk)
        (entry,) = api.get("/api/saved/").json()["results"]
        assert entry["message"]["id"] == str(said.pk)
        assert api.delete(address).status_code == 204
        assert api.get("/api/saved/").json()["results"] == []


class TestForward:
    def test_a_new_message_under_its_authors_name(
        self, said: Message, other: Room, consultant: User, client_user: User
    ) -> None:
        client_id = uuid4()
        with capture_events() as events:
            for _ in range(2):
                forwarded = forward_message(
                    actor=consultant, message=said, conversation=other.conversation,
                    client_id=client_id,
                )  # fmt: skip
        assert names(events) == ["MessageSent"]
        assert forwarded.is_repeat
        assert (forwarded.body, forwarded.body_html) == (said.body, said.body_html)
        assert (forwarded.author, forwarded.conversation) == (consultant, other.conversation)
        source = {
            "message": str(said.pk),
            "conversation": str(said.conversation_id),
            "author": str(client_user.pk),
            "author_name": "Tomas Okafor",
            "at": said.created_at.isoformat(),
        }
        assert forwarded.metadata == {"forwarded_from": source}
        html = message_html(forwarded)
        assert 'Forwarded from <b dir="auto">Tomas Okafor</b>' in html
        again = forward_message(actor=consultant, message=forwarded, conversation=said.conversation)
        assert again.metadata["forwarded_from"] == source

    def test_its_words_are_not_changed_afterwards(
        self, said: Message, other: Room, consultant: User, client: Client
    ) -> None:
        forwarded = forward_message(actor=consultant, message=said, conversation=other.conversation)
        with refused(ForwardedStays, "A forwarded message keeps its words."):
            edit_message(actor=consultant, message=forwarded, body="Something else")
        client.force_login(consultant)
        assert "data-edit" not in client.get(of("menu", forwarded)).content.decode()

    def test_only_what_one_may_read_to_where_one_may_write(
        self, said: Message, other: Room, outsider: User, client_user: User, consultant: User,
        system: User,
    ) -> None:  # fmt: skip
        def forward(actor: User, **fields: Any) -> Message:
            return forward_message(
                actor=actor, message=said, conversation=other.conversation, **fields
            )

        with refused(NotAllowed):
            forward(outsider)
        reader(other, client_user, system)
        with refused(NotAllowed):
            forward(client_user)
        mine = send_message(actor=consultant, conversation=said.conversation, body="Mine")
        with refused(ClientIdTaken):
            forward(consultant, client_id=mine.client_id)
        close_conversation(actor=system, conversation=other.conversation)
        with refused(ConversationIsClosed):
            forward(consultant)
        delete_message(actor=client_user, message=said)
        said.refresh_from_db()
        with refused(MessageIsDeleted):
            forward(consultant)

    def test_the_dialog_offers_where_one_may_write(
        self, said: Message, other: Room, talk: Conversation, make_room: Any, consultant: User,
        client_user: User, system: User, client: Client,
    ) -> None:  # fmt: skip
        closed = make_room("Closed one", active=True)
        close_conversation(actor=system, conversation=closed.conversation)
        listed = make_room("Read only", active=True)
        reader(listed, client_user, system)
        assert {target.name for target in forward_targets(client_user)} == {
            "Order import: migration plan",
            "Halden access review",
            "Mara Lindqvist, Priya Raman",
        }
        assert [t.name for t in forward_targets(client_user, "priya")] == [
            "Mara Lindqvist, Priya Raman"
        ]
        assert [t.name for t in forward_targets(client_user, "halden mara")] == [
            "Halden access review"
        ]
        client.force_login(client_user)
        page = client.get(of("forward", said)).content.decode()
        assert "Cut-over on" in page
        found = client.get(of("forward", said), {"q": "halden"}).content.decode()
        assert str(other.conversation_id) in found
        assert str(talk.pk) not in found
        assert (
            "No open conversation matches."
            in client.get(of("forward", said), {"q": "nothing"}).content.decode()
        )
        found = client.get(of("forward", said), {"q": "\0halden"}).content.decode()
        assert str(other.conversation_id) in found

    def test_by_the_dialog(
        self, said: Message, other: Room, outsider: User, consultant: User, client: Client
    ) -> None:
        client.force_login(consultant)
        values = {"conversation": str(other.conversation_id), "client_id": str(uuid4())}
        for _ in range(2):
            assert client.post(of("forward", said), values, **HTMX).status_code == 204
        assert (
            Message.objects.filter(conversation=other.conversation, author=consultant).count() == 1
        )
        unknown = {**values, "conversation": str(uuid4())}
        assert client.post(of("forward", said), unknown).status_code == 404
        assert client.post(of("forward", said), {"conversation": "x"}).status_code == 404

    def test_over_the_api(self, said: Message, other: Room, consultant: User) -> None:
        api, address = signed_in(consultant), f"/api/messages/{said.pk}/forward/"
        fields = {"conversation": str(other.conversation_id), "client_id": str(uuid4())}
        first, again = api.post(address, fields), api.post(address, fields)
        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json()["id"] == again.json()["id"]
        assert first.json()["metadata"]["forwarded_from"]["author_name"] == "Tomas Okafor"
        assert api.post(address, {"conversation": str(uuid4())}).status_code == 404


class TestPlaces:
    def test_a_messages_own_address_leads_to_its_room(
        self, said: Message, room: Room, consultant: User, client: Client
    ) -> None:
        client.force_login(consultant)
        answer = client.get(of("message", said))
        assert (answer.status_code, answer["Location"]) == (
            302,
            f"/rooms/{room.pk}/?message={said.pk}",
        )

    def test_other_conversations_are_read_in_the_inbox(
        self, talk: Conversation, consultant: User, client: Client
    ) -> None:
        message = send_message(actor=consultant, conversation=talk, body="In the group")
        client.force_login(consultant)
        answer = client.get(of("message", message))
        assert answer["Location"] == f"/inbox/{talk.pk}/?message={message.pk}"

    def test_a_page_around_a_message_of_this_conversation(
        self, said: Message, room: Room, other: Room, consultant: User, say: Say, client: Client
    ) -> None:
        for number in range(40):
            say(consultant, room, f"Number {number:02}")
        client.force_login(consultant)
        address = reverse("messaging:messages", args=[room.conversation_id])
        answer = client.get(address, {"around": str(said.pk)})
        html = answer.content.decode()
        assert ("Number 20" in html, "Number 30" in html) == (True, False)
        assert (answer["X-Has-Older"], answer["X-Has-Newer"]) == ("no", "yes")
        elsewhere = say(consultant, other, "Elsewhere")
        for wrong in (str(elsewhere.pk), "nonsense", str(uuid4())):
            assert client.get(address, {"around": wrong}).status_code == 404

    def test_what_people_call_a_conversation(
        self, talk: Conversation, room: Room, consultant: User, system: User, make_person: Any
    ) -> None:
        assert names_for(consultant, [room.conversation, talk]) == {
            room.conversation_id: "Order import: migration plan",
            talk.pk: "Tomas Okafor, Priya Raman",
        }
        for number in range(3):
            person = make_person(f"P{number} Okafor")
            set_member(actor=system, conversation=talk, user=person, role=MemberRole.MEMBER)
        assert names_for(consultant, [talk])[talk.pk] == (
            "Tomas Okafor, Priya Raman, P0 Okafor and 2 more"
        )
        alone = open_conversation(actor=system, kind=ConversationKind.GROUP, title="")
        assert names_for(consultant, [alone])[alone.pk] == "Conversation"
