"""Emoji on messages: who may, which, how often, and what everybody is shown."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core.errors import NotAllowed
from core.permissions import forget_grants
from messaging.actions.conversations import close_conversation, set_member
from messaging.actions.messages import (
    ConversationIsClosed,
    MessageIsDeleted,
    NotThisMessage,
    delete_message,
)
from messaging.actions.reactions import (
    TooManyEmoji,
    UnknownEmoji,
    add_reaction,
    remove_reaction,
)
from messaging.emoji import QUICK, emoji_words, known_emoji
from messaging.fragments import message_html, message_resource, render_messages
from messaging.models import MemberRole, Message, Reaction
from messaging.models.reaction import MAX_EMOJI, PEOPLE_NAMED
from messaging.queries.kept import messages_by_id
from rooms.actions.participants import add_participant
from rooms.models import Role, Room
from tests.api import signed_in
from tests.fixtures import capture_events, names, refused

Say = Callable[..., Message]
HTMX: dict[str, Any] = {"headers": {"HX-Request": "true"}}
MANY = ["😀", "😁", "😂", "🤣", "😃", "😄", "😅", "😆", "😉", "😊", "😋", "😎", "😍", "😘",
        "🥰", "😗", "😙", "🥲", "😚", "🙂", "🤗"]  # fmt: skip


@pytest.fixture
def said(room: Room, client_user: User, say: Say) -> Message:
    """A message of the client."""
    return say(client_user, room, "It closes this evening.")


def shown(message: Message) -> Message:
    """As it is loaded to be shown."""
    return messages_by_id([message.pk])[message.pk]


def of(name: str, message: Message) -> str:
    return reverse(f"messaging:{name}", args=[message.pk])


class TestWhichEmoji:
    def test_everything_that_the_picker_offers(self) -> None:
        build = Path(settings.BASE_DIR) / "static" / "build" / "emoji.json"
        offered = json.loads(build.read_text())
        assert len(offered) > 1_800
        tones = [skin["emoji"] for one in offered for skin in one.get("skins", [])]
        unknown = [one for one in offered if known_emoji(one["emoji"]) is None]
        # Skin tones and hair, which are no emoji by themselves.
        assert {one["group"] for one in unknown} <= {2}
        assert [tone for tone in tones if known_emoji(tone) is None] == []
        known = [known_emoji(one["emoji"]) for one in offered] + [known_emoji(one) for one in tones]
        longest = Reaction._meta.get_field("emoji").max_length
        assert max(len(emoji) for emoji in known if emoji) <= (longest or 0)

    def test_with_and_without_the_colourful_form_it_is_one(self) -> None:
        assert known_emoji("❤") == known_emoji("❤️") == "❤️"

    def test_the_quick_ones_are_known_and_have_names(self) -> None:
        assert [known_emoji(emoji) for emoji in QUICK] == [*QUICK]
        assert emoji_words("👍") == "Thumbs up"
        assert emoji_words("👍🏽") == "Thumbs up medium skin tone"

    @pytest.mark.parametrize(
        "text", ["", "a", "👍👍", "👍 ", ":+1:", "🏽", "<b>", "\u200d", "👍\x00", "x" * 9_000]
    )
    def test_anything_else_is_refused(
        self, said: Message, consultant: User, text: str, client: Client
    ) -> None:
        with refused(UnknownEmoji, "That is not an emoji. Choose one from the list."):
            add_reaction(actor=consultant, message=said, emoji=text)
        client.force_login(consultant)
        answer = client.post(of("react", said), {"emoji": text}, **HTMX)
        assert (answer.status_code, answer.json()["detail"]) == (400, UnknownEmoji.detail)
        address = f"/api/messages/{said.pk}/reactions/"
        over_api = signed_in(consultant).post(address, {"emoji": text})
        assert over_api.status_code == 400
        assert "emoji" in over_api.json()["errors"]


class TestReact:
    def test_it_is_stored_once_with_its_event(self, said: Message, consultant: User) -> None:
        with capture_events() as events:
            for _ in range(2):
                add_reaction(actor=consultant, message=said, emoji="❤")
        (event,) = events
        assert (event.name, event.actor) == ("ReactionAdded", consultant)
        assert str(event.stream) == str(said.conversation.stream)
        assert event.data == {"message_id": str(said.pk), "emoji": "❤️"}
        (reaction,) = Reaction.objects.all()
        assert (reaction.message, reaction.user, reaction.emoji) == (said, consultant, "❤️")

    def test_it_is_taken_back_once(
        self, said: Message, consultant: User, client_user: User
    ) -> None:
        for person in (consultant, client_user):
            add_reaction(actor=person, message=said, emoji="👍")
        with capture_events() as events:
            for _ in range(2):
                remove_reaction(actor=consultant, message=said, emoji="👍")
        assert names(events) == ["ReactionRemoved"]
        assert [one.user for one in Reaction.objects.all()] == [client_user]

    def test_twenty_emoji_are_the_most(
        self, said: Message, consultant: User, client_user: User
    ) -> None:
        for emoji in MANY[:MAX_EMOJI]:
            add_reaction(actor=consultant, message=said, emoji=emoji)
        with refused(TooManyEmoji, "has 20 different emoji already"):
            add_reaction(actor=client_user, message=said, emoji=MANY[-1])
        add_reaction(actor=client_user, message=said, emoji=MANY[0])
        assert len(shown(said).shown_reactions) == MAX_EMOJI

    def test_who_only_reads_may_not(
        self, said: Message, room: Room, client_user: User, system: User
    ) -> None:
        add_reaction(actor=client_user, message=said, emoji="👍")
        conversation = room.conversation
        set_member(
            actor=system, conversation=conversation, user=client_user, role=MemberRole.READER
        )
        forget_grants(client_user)
        for act in (add_reaction, remove_reaction):
            with refused(NotAllowed):
                act(actor=client_user, message=said, emoji="👍")

    def test_nor_who_is_not_there(self, said: Message, outsider: User, client: Client) -> None:
        with refused(NotAllowed):
            add_reaction(actor=outsider, message=said, emoji="👍")
        client.force_login(outsider)
        assert client.post(of("react", said), {"emoji": "👍"}).status_code == 404

    def test_not_on_what_is_deleted_and_they_go_with_it(
        self, said: Message, client_user: User, consultant: User
    ) -> None:
        add_reaction(actor=consultant, message=said, emoji="👍")
        delete_message(actor=client_user, message=said)
        assert not Reaction.objects.exists()
        for act in (add_reaction, remove_reaction):
            with refused(MessageIsDeleted):
                act(actor=consultant, message=said, emoji="👍")

    def test_not_on_a_line_of_the_record(self, room: Room, consultant: User) -> None:
        line = room.conversation.messages.get(message_type="system")
        with refused(NotThisMessage):
            add_reaction(actor=consultant, message=line, emoji="👍")

    def test_not_once_the_conversation_is_closed(
        self, said: Message, consultant: User, system: User
    ) -> None:
        add_reaction(actor=consultant, message=said, emoji="👍")
        close_conversation(actor=system, conversation=said.conversation)
        for act in (add_reaction, remove_reaction):
            with refused(ConversationIsClosed):
                act(actor=consultant, message=said, emoji="👍")


class TestShown:
    def test_all_see_the_same_with_who_reacted(
        self, said: Message, consultant: User, client_user: User
    ) -> None:
        add_reaction(actor=consultant, message=said, emoji="👍")
        add_reaction(actor=client_user, message=said, emoji="👍")
        add_reaction(actor=client_user, message=said, emoji="🦔")
        assert message_resource(shown(said))["reactions"] == [
            {
                "emoji": "👍",
                "count": 2,
                "users": [
                    {"id": str(person.pk), "name": person.name}
                    for person in (consultant, client_user)
                ],
            },
            {
                "emoji": "🦔",
                "count": 1,
                "users": [{"id": str(client_user.pk), "name": client_user.name}],
            },
        ]
        html = message_html(shown(said))
        assert 'aria-label="Thumbs up, 2" title="Mara Lindqvist, Tomas Okafor"' in html
        assert f'data-people="{consultant.pk} {client_user.pk}"' in html
        assert "#thumbs-up" in html
        assert "🦔</span>" in html
        assert 'aria-pressed="true"' not in html

    def test_a_name_cannot_break_out(self, said: Message, consultant: User) -> None:
        User.objects.filter(pk=consultant.pk).update(name='"><script>alert(1)</script>')
        add_reaction(actor=consultant, message=said, emoji="👍")
        assert "<script" not in message_html(shown(said))

    def test_many_people_are_counted_and_the_first_named(
        self, said: Message, room: Room, consultant: User, make_person: Any, client: Client
    ) -> None:
        people = [make_person(f"P{number:02} Okafor") for number in range(PEOPLE_NAMED + 2)]
        Reaction.objects.bulk_create(
            [Reaction(message=said, user=person, emoji="👍") for person in people]
        )
        add_reaction(actor=consultant, message=said, emoji="👍")
        (found,) = message_resource(shown(said))["reactions"]
        assert (found["count"], len(found["users"])) == (PEOPLE_NAMED + 3, PEOPLE_NAMED)
        html = message_html(shown(said))
        assert "data-more" in html
        assert "and 3 more" in html
        client.force_login(consultant)
        address = reverse("messaging:own_reactions", args=[room.conversation_id])
        answer = client.get(address, {"message": [str(said.pk), "nonsense"]})
        assert answer.json() == {"reactions": [[str(said.pk), "👍"]]}

    def test_ones_own_are_asked_of_this_conversation_alone(
        self, said: Message, make_room: Any, consultant: User, client: Client
    ) -> None:
        add_reaction(actor=consultant, message=said, emoji="👍")
        other = make_room("Other", active=True)
        client.force_login(consultant)
        address = reverse("messaging:own_reactions", args=[other.conversation_id])
        assert client.get(address, {"message": str(said.pk)}).json() == {"reactions": []}

    def test_the_event_is_rendered_as_the_message_stands(
        self, said: Message, consultant: User
    ) -> None:
        with capture_events() as events:
            add_reaction(actor=consultant, message=said, emoji="👍")
        (rendered,) = render_messages(events)
        assert rendered.data["id"] == said.pk
        assert rendered.data["reaction"] == "👍"
        assert "#thumbs-up" in rendered.html

    def test_the_menu_offers_six_and_tells_ones_own(
        self, said: Message, consultant: User, client: Client
    ) -> None:
        add_reaction(actor=consultant, message=said, emoji="🎉")
        client.force_login(consultant)
        html = client.get(of("menu", said)).content.decode()
        assert [emoji for emoji in QUICK if f'data-react="{emoji}"' in html] == [*QUICK]
        assert html.count('aria-pressed="true"') == 1

    def test_who_may_not_write_is_offered_none(
        self, said: Message, room: Room, consultant: User, make_person: Any, client: Client
    ) -> None:
        observer = make_person("Lea Marin")
        add_participant(actor=consultant, room=room, user=observer, role=Role.OBSERVER)
        client.force_login(observer)
        html = client.get(of("menu", said)).content.decode()
        assert "data-react" not in html
        assert "Pin" not in html
        assert "Save for me" in html


class TestApi:
    def test_react_list_and_take_back(
        self, said: Message, consultant: User, client_user: User
    ) -> None:
        api, address = signed_in(consultant), f"/api/messages/{said.pk}/reactions/"
        answer = api.post(address, {"emoji": "👍"})
        assert answer.status_code == 200
        assert [one["emoji"] for one in answer.json()["reactions"]] == ["👍"]
        signed_in(client_user).post(address, {"emoji": "🎉"})
        listed = api.get(address).json()["results"]
        assert [(one["emoji"], one["user"]["name"]) for one in listed] == [
            ("🎉", "Tomas Okafor"),
            ("👍", "Mara Lindqvist"),
        ]
        answer = api.delete(f"{address}?emoji=👍")
        assert [one["emoji"] for one in answer.json()["reactions"]] == ["🎉"]
        answer = signed_in(client_user).delete(address, {"emoji": "🎉"}, format="json")
        assert answer.json()["reactions"] == []

    def test_a_repeated_message_and_a_changed_one_have_theirs(
        self, said: Message, client_user: User
    ) -> None:
        add_reaction(actor=client_user, message=said, emoji="👍")
        api = signed_in(client_user)
        again = {"body": said.body, "client_id": str(said.client_id)}
        repeated = api.post(f"/api/conversations/{said.conversation_id}/messages/", again)
        assert repeated.json()["reactions"][0]["emoji"] == "👍"
        edited = api.patch(f"/api/messages/{said.pk}/", {"body": "Tomorrow"})
        assert edited.json()["reactions"][0]["emoji"] == "👍"

    def test_too_many_and_deleted_are_conflicts(self, said: Message, client_user: User) -> None:
        api, address = signed_in(client_user), f"/api/messages/{said.pk}/reactions/"
        for emoji in MANY[:MAX_EMOJI]:
            assert api.post(address, {"emoji": emoji}).status_code == 200
        assert api.post(address, {"emoji": MANY[-1]}).status_code == 409
        delete_message(actor=client_user, message=said)
        assert api.post(address, {"emoji": "👍"}).status_code == 409
