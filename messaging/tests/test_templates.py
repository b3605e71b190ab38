"""Templates for replies: kept, shared, filled in."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from accounts.actions.organisations import set_business_role
from accounts.models import BusinessRole, Organisation, User
from core.errors import NotAllowed
from messaging.actions import templates as actions
from messaging.actions.conversations import open_conversation, set_member
from messaging.actions.templates import (
    InvalidTemplate,
    ShortcutTaken,
    TooManyTemplates,
    change_template,
    delete_template,
    make_template,
)
from messaging.models import Conversation, ConversationKind, MemberRole, ReplyTemplate
from messaging.queries.templates import sharing_organisation, usable_templates
from messaging.variables import Filled, example, fill, known_variables, unknown_variables
from messaging.words import EmptyMessage, MessageTooLong
from rooms.actions.participants import add_participant
from rooms.models import Mode, Role, Room
from tests.api import signed_in
from tests.fixtures import capture_events, names, refused

MakeRoom = Callable[..., Room]
MakePerson = Callable[..., User]


@pytest.fixture
def template(client_user: User) -> ReplyTemplate:
    """Tomas's own."""
    return make_template(actor=client_user, title="Thanks", shortcut="ty", body="Thank you")


@pytest.fixture
def shared(manager: User, northwind: Organisation) -> ReplyTemplate:
    """Northwind's, made by its administrator."""
    return make_template(
        actor=manager, title="Away", shortcut="away", body="Back soon", organisation=northwind
    )


@pytest.fixture
def two(system: User, consultant: User, client_user: User) -> Conversation:
    """A direct conversation of consultant and client."""
    conversation = open_conversation(actor=system, kind=ConversationKind.DIRECT, title="")
    for user in (consultant, client_user):
        set_member(actor=system, conversation=conversation, user=user, role=MemberRole.MEMBER)
    return conversation


# Making, changing, deleting ----------------------------------------------------------------------


def test_one_keeps_a_reply_for_oneself(client_user: User, manager: User) -> None:
    with capture_events() as events:
        made = make_template(
            actor=client_user, title="  Thank \n you ", shortcut=" /ty ", body=" Thanks\r\n\x00all "
        )
    assert (made.title, made.shortcut, made.body) == ("Thank you", "ty", "Thanks\nall")
    assert (made.owner, made.organisation, made.is_shared) == (client_user, None, False)
    assert str(made) == "Thank you"
    assert [(event.name, str(event.stream), event.data) for event in events] == [
        ("ReplyTemplateMade", str(client_user.stream), {"template_id": str(made.pk)})
    ]
    assert list(usable_templates(client_user)) == [made]
    assert list(usable_templates(manager)) == []


def test_who_manages_an_organisation_shares_in_it(
    manager: User, client_user: User, outsider: User, northwind: Organisation
) -> None:
    with capture_events() as events:
        made = make_template(actor=manager, title="Away", body="Back soon", organisation=northwind)
    assert (made.owner, made.is_shared) == (None, True)
    assert str(events[0].stream) == str(northwind.stream)
    assert list(usable_templates(client_user)) == [made]
    assert list(usable_templates(outsider)) == []


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (BusinessRole.INTERNAL_ENGINEER, False),
        (BusinessRole.INTERNAL_PM, True),
        (BusinessRole.ADMIN, True),
    ],
)
def test_which_consultants_share(
    role: str, may: bool, make_person: MakePerson, house: Organisation, northwind: Organisation
) -> None:
    user = make_person("Ida Holm", house, role)
    assert (sharing_organisation(user) == house) is may
    if may:
        make_template(actor=user, title="Hello", body="Hi", organisation=house)
    else:
        with refused(NotAllowed):
            make_template(actor=user, title="Hello", body="Hi", organisation=house)
    with refused(NotAllowed):
        make_template(actor=user, title="Hello", body="Hi", organisation=northwind)


def test_who_loses_the_role_manages_no_more(
    shared: ReplyTemplate, manager: User, client_user: User, system: User, northwind: Organisation
) -> None:
    set_business_role(
        actor=system, user=client_user, organisation=northwind, role=BusinessRole.CLIENT_ADMIN
    )
    set_business_role(
        actor=system, user=manager, organisation=northwind, role=BusinessRole.CLIENT_USER
    )
    former = User.objects.get(pk=manager.pk)
    with refused(NotAllowed):
        delete_template(actor=former, template=shared)
    assert sharing_organisation(former) is None


def test_only_its_owner_changes_a_template(
    template: ReplyTemplate, client_user: User, manager: User
) -> None:
    with refused(NotAllowed):
        change_template(actor=manager, template=template, title="x", body="x", shortcut="")
    with refused(NotAllowed):
        delete_template(actor=manager, template=template)
    with capture_events() as events:
        change_template(
            actor=client_user, template=template, title="Thanks", body="Thank you", shortcut="ty"
        )
    assert events == []
    with capture_events() as events:
        change_template(
            actor=client_user, template=template, title="Thanks all", body="Yes", shortcut=""
        )
    template.refresh_from_db()
    assert (template.title, template.body, template.shortcut) == ("Thanks all", "Yes", "")
    assert template.changed_at is not None
    assert names(events) == ["ReplyTemplateChanged"]


def test_a_template_is_deleted(template: ReplyTemplate, client_user: User) -> None:
    with capture_events() as events:
        delete_template(actor=client_user, template=template)
    assert not ReplyTemplate.objects.exists()
    assert names(events) == ["ReplyTemplateDeleted"]


@pytest.mark.parametrize(
    ("fields", "error", "field"),
    [
        ({"title": " \x00 "}, InvalidTemplate, "title"),
        ({"title": "x" * 81}, InvalidTemplate, "title"),
        ({"shortcut": "two words"}, InvalidTemplate, "shortcut"),
        ({"shortcut": "x" * 33}, InvalidTemplate, "shortcut"),
        ({"shortcut": "TY"}, ShortcutTaken, "shortcut"),
        ({"body": " \u200b"}, EmptyMessage, "body"),
        ({"body": "x" * 10_001}, MessageTooLong, "body"),
    ],
)
def test_what_a_template_cannot_be(
    fields: dict[str, Any], error: Any, field: str, template: ReplyTemplate, client_user: User
) -> None:
    with pytest.raises(error) as caught:
        make_template(actor=client_user, **{"title": "Title", "body": "Body", **fields})
    assert caught.value.field == field
    assert ReplyTemplate.objects.count() == 1


def test_a_shortcut_is_free_for_others(
    template: ReplyTemplate, shared: ReplyTemplate, manager: User, client_user: User
) -> None:
    make_template(actor=manager, title="Mine", shortcut="ty", body="x")
    make_template(actor=client_user, title="Mine", shortcut="away", body="x")


def test_there_is_an_end(
    template: ReplyTemplate, client_user: User, manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "MAX_TEMPLATES", 1)
    with refused(TooManyTemplates, "There are 200 templates here already."):
        make_template(actor=client_user, title="Another", body="x")
    make_template(actor=manager, title="Another person's", body="x")


def test_an_inactive_person_has_none(template: ReplyTemplate, client_user: User) -> None:
    client_user.is_active = False
    assert list(usable_templates(client_user)) == []
    with refused(NotAllowed):
        make_template(actor=client_user, title="x", body="x")


# Filling in ---------------------------------------------------------------------------------------


def test_the_known_variables() -> None:
    assert [variable.braces for variable in known_variables()] == [
        "{client_name}", "{my_name}", "{next_meeting}", "{room_link}", "{today}",
    ]  # fmt: skip
    assert unknown_variables("{my_name} {nick} {a b} {{nick}} {X} {other}") == ["nick", "other"]
    assert example("Hi {client_name} {nick}") == "Hi Tomas Okafor {nick}"


def test_a_room_fills_in(room: Room, consultant: User, client_user: User) -> None:
    User.objects.filter(pk=consultant.pk).update(timezone="Pacific/Kiritimati")
    actor = User.objects.get(pk=consultant.pk)
    text = "{client_name}, {my_name}, {room_link}, {next_meeting}, {nick}, {my_name}"
    filled = fill(text, actor=actor, conversation=room.conversation)
    link = f"{django_settings.PUBLIC_URL}/rooms/{room.pk}/"
    assert filled == Filled(
        f"Tomas Okafor, Mara Lindqvist, {link}, {{next_meeting}}, {{nick}}, Mara Lindqvist",
        ["next_meeting", "nick"],
    )
    today = fill("{today}", actor=actor, conversation=room.conversation).text
    there = timezone.now() + timedelta(hours=14)
    assert today == f"{there:%A} {there.day} {there:%B} {there.year}"


def planned(make_room: MakeRoom, name: str, days: int, **fields: Any) -> Room:
    when = (timezone.now() + timedelta(days=days)).replace(hour=9, minute=5)
    return make_room(name, mode=Mode.SCHEDULED, scheduled_at=when, **fields)


def test_the_room_itself_is_the_next_meeting(
    make_room: MakeRoom, consultant: User, client_user: User
) -> None:
    planned(make_room, "Sooner", 1)
    later = planned(make_room, "Later", 2)
    words = fill("{next_meeting}", actor=client_user, conversation=later.conversation).text
    when = later.scheduled_at
    assert when is not None
    assert words.startswith(f"{when:%A} {when.day} {when:%B}")
    assert words.endswith(", 9:05 (UTC)")


def test_two_people_share_the_next_planned_room(
    two: Conversation, make_room: MakeRoom, consultant: User, client_user: User, outsider: User
) -> None:
    nothing = fill("{next_meeting} {room_link}", actor=consultant, conversation=two)
    assert nothing.missing == ["next_meeting", "room_link"]
    planned(make_room, "With somebody else", 1, client=outsider)
    later, sooner = planned(make_room, "Later", 3), planned(make_room, "Sooner", 2)
    for actor in (consultant, client_user):
        link = fill("{room_link}", actor=actor, conversation=two).text
        assert link.endswith(f"/rooms/{sooner.pk}/")
    assert fill("{next_meeting}", actor=consultant, conversation=two).text != "{next_meeting}"
    assert later.scheduled_at is not None


def test_a_room_is_told_only_to_who_takes_part(
    two: Conversation, room: Room, outsider: User, system: User
) -> None:
    """Somebody in the conversation, but not in the room."""
    set_member(actor=system, conversation=room.conversation, user=outsider, role=MemberRole.MEMBER)
    filled = fill("{room_link}", actor=outsider, conversation=room.conversation)
    assert filled.missing == ["room_link"]


def test_several_clients_and_many(
    room: Room, consultant: User, client_user: User, outsider: User, make_person: MakePerson
) -> None:
    def clients() -> Filled:
        return fill("{client_name}", actor=consultant, conversation=room.conversation)

    add_participant(actor=consultant, room=room, user=outsider, role=Role.PARTICIPANT)
    assert clients().text == "Tomas Okafor and Jonas Weber"
    add_participant(
        actor=consultant, room=room, user=make_person("Nora Berg"), role=Role.PARTICIPANT
    )
    assert clients().text == "Tomas Okafor, Jonas Weber and Nora Berg"
    for number in range(3):
        someone = make_person(f"P{number} Berg")
        add_participant(actor=consultant, room=room, user=someone, role=Role.PARTICIPANT)
    assert clients().missing == ["client_name"]


def test_nobody_else_is_there(system: User, consultant: User) -> None:
    alone = open_conversation(actor=system, kind=ConversationKind.GROUP, title="")
    set_member(actor=system, conversation=alone, user=consultant, role=MemberRole.MEMBER)
    filled = fill("{client_name} {room_link}", actor=consultant, conversation=alone)
    assert filled.missing == ["client_name", "room_link"]


def test_only_what_stands_in_the_text_is_asked_for(
    room: Room, consultant: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        fill("Hello {my_name}, {today}", actor=consultant, conversation=room.conversation)


@settings(max_examples=200, deadline=None)
@given(text=st.text(alphabet=st.sampled_from("{}_abm y\n"), max_size=60) | st.text())
def test_any_text_is_filled_in(text: str) -> None:
    actor = User(name="Mara {today} \\1", timezone="UTC")
    filled = fill(text.replace("{client", ""), actor=actor, conversation=Conversation())
    assert all(f"{{{name}}}" in filled.text for name in filled.missing)
    assert fill("{my_name}", actor=actor, conversation=Conversation()).text == actor.name


# Pages --------------------------------------------------------------------------------------------

NEW = "/inbox/templates/new/"


def test_the_page_lists_own_and_shared(
    client: Client, template: ReplyTemplate, shared: ReplyTemplate, client_user: User, manager: User
) -> None:
    client.force_login(client_user)
    page = client.get("/inbox/templates/").content.decode()
    assert "Thanks" in page
    assert "Away" in page
    assert f"delete-{template.pk}" in page
    assert f"delete-{shared.pk}" not in page
    client.force_login(manager)
    page = client.get("/inbox/templates/").content.decode()
    assert "Thanks" not in page
    assert f"delete-{shared.pk}" in page


def test_the_page_is_paged(client: Client, client_user: User, shared: ReplyTemplate) -> None:
    for number in range(41):
        make_template(actor=client_user, title=f"T{number:02}", body="x")
    client.force_login(client_user)
    page = client.get("/inbox/templates/?page=2&shared=1").content.decode()
    assert "T20" in page
    assert "T19" not in page
    assert "?page=1&amp;shared=1" in page
    assert "?page=3&amp;shared=1" in page


def test_a_form_makes_one_and_points_out_what_is_unknown(client: Client, client_user: User) -> None:
    client.force_login(client_user)
    assert "Everybody at" not in client.get(NEW).content.decode()
    values = {"title": "Hi", "shortcut": "/hi", "body": "Hello {client_name} {nick}"}
    answer = client.post(NEW, values, follow=True)
    assert "Nothing is known by the name {nick}" in answer.content.decode()
    made = ReplyTemplate.objects.get()
    assert (made.owner, made.shortcut) == (client_user, "hi")
    answer = client.post(NEW, values)
    assert answer.status_code == 422
    assert "Another of these templates has this shortcut" in answer.content.decode()
    assert client.post(NEW, {"title": "", "body": ""}).status_code == 422


def test_a_manager_shares_by_the_form(
    client: Client, manager: User, client_user: User, northwind: Organisation
) -> None:
    client.force_login(manager)
    assert "Everybody at Northwind may use it" in client.get(f"{NEW}?shared").content.decode()
    client.post(NEW, {"title": "Hi", "body": "Hello", "is_shared": "on"})
    assert ReplyTemplate.objects.get().organisation == northwind
    client.force_login(client_user)
    client.post(NEW, {"title": "Ho", "body": "Hello", "is_shared": "on"})
    assert ReplyTemplate.objects.get(title="Ho").owner == client_user


def test_the_form_changes_one(client: Client, template: ReplyTemplate, client_user: User) -> None:
    client.force_login(client_user)
    url = f"/inbox/templates/{template.pk}/"
    assert "Thank you" in client.get(url).content.decode()
    answer = client.post(url, {"title": "Many thanks", "body": "Thank you", "shortcut": "a b"})
    assert answer.status_code == 422
    client.post(url, {"title": "Many thanks", "body": "Thank you", "shortcut": "ty"})
    template.refresh_from_db()
    assert template.title == "Many thanks"
    client.post(f"{url}delete/")
    assert not ReplyTemplate.objects.exists()


def test_the_preview(client: Client, client_user: User) -> None:
    client.force_login(client_user)
    body = "**{client_name}** {nick} <script>"
    page = client.post("/inbox/templates/preview/", {"body": body}).content.decode()
    assert "<strong>Tomas Okafor</strong>" in page
    assert "{nick}</code>" in page
    assert "<script>" not in page


def test_the_lists_of_the_composer(
    client: Client, room: Room, template: ReplyTemplate, shared: ReplyTemplate, client_user: User,
    consultant: User,
) -> None:  # fmt: skip
    client.force_login(client_user)
    start = f"/conversations/{room.conversation_id}"
    page = client.get(f"{start}/templates/").content.decode()
    assert page.index("Away") < page.index("Thanks")
    answer = client.get(f"{start}/templates/{template.pk}/").json()
    assert answer == {"text": "Thank you", "missing": []}
    names = client.get(f"{start}/names/").content.decode()
    assert 'data-insert="@Mara Lindqvist "' in names
    assert "@all" not in names
    client.force_login(consultant)
    names = client.get(f"{start}/names/").content.decode()
    assert 'data-insert="@Tomas Okafor "' in names
    assert 'data-insert="@all "' in names


# API ----------------------------------------------------------------------------------------------

API = "/api/reply-templates/"


def test_the_api_does_all_of_it(room: Room, client_user: User) -> None:
    caller = signed_in(client_user)
    body = {"title": "Hi", "shortcut": "hi", "body": "Hello {my_name} {nick}"}
    made = caller.post(API, body, headers={"Idempotency-Key": "k"})
    assert made.status_code == 201
    again = caller.post(API, body, headers={"Idempotency-Key": "k"})
    assert (again.status_code, again.json()) == (201, made.json())
    one = made.json()
    assert (one["is_shared"], one["changed_at"]) == (False, None)
    assert one["unknown_variables"] == ["nick"]
    assert caller.post(API, body).status_code == 409
    assert caller.post(API, body | {"shortcut": "a b"}).status_code == 400
    assert [row["id"] for row in caller.get(API).json()["results"]] == [one["id"]]
    url = f"{API}{one['id']}/"
    changed = caller.patch(url, {"title": "Ho"}).json()
    assert (changed["title"], changed["body"]) == ("Ho", body["body"])
    filled = caller.get(f"{url}filled/?conversation={room.conversation_id}").json()
    assert filled == {"text": "Hello Tomas Okafor {nick}", "missing": ["nick"]}
    assert caller.delete(url).status_code == 204
    assert caller.get(url).status_code == 404


def test_mentions_over_the_api(room: Room, consultant: User, client_user: User, say: Any) -> None:
    message = say(consultant, room, "@Tomas Okafor")
    (row,) = signed_in(client_user).get("/api/mentions/").json()["results"]
    assert (row["is_unread"], row["message"]["id"]) == (True, str(message.pk))
    found = signed_in(client_user).get(f"/api/conversations/{room.conversation_id}/names/").json()
    assert found["results"] == [{"id": str(consultant.pk), "name": "Mara Lindqvist"}]
