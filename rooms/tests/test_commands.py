"""Management commands: say, check_grants, seed_demo."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from core.errors import NotAllowed
from core.models import Event
from core.queries import events_after
from messaging.models import ConversationUserObjectPermission, Message, MessageRevision
from rooms.actions.demo import ADDRESSES, PASSWORD, seed_demo
from rooms.models import Mode, Participant, Room, Status, Visit
from rooms.queries.rooms import home
from tests.fixtures import capture_events, names

Output = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def development(settings: Settings) -> None:
    """Tests run with DEBUG off; seeding asks for it."""
    settings.PRODUCTION = False


@pytest.fixture
def demo(db: None, capsys: Output) -> None:
    """The demo cast, seeded."""
    call_command("seed_demo")
    capsys.readouterr()


@pytest.mark.parametrize("place", ["room", "conversation"])
def test_say_takes_a_room_or_a_conversation(
    place: str, room: Room, client_user: User, capsys: Output
) -> None:
    place_id = room.pk if place == "room" else room.conversation_id
    with capture_events() as events:
        call_command("say", str(place_id), client_user.email, "From the *shell*")
    message = Message.objects.get(author=client_user)
    assert capsys.readouterr().out == f"{message.seq} {message.pk}\n"
    assert message.body_html == "<p>From the <em>shell</em></p>"
    assert names(events) == ["MessageSent"]


def test_say_tells_an_outsider_that_there_is_nothing(room: Room, outsider: User) -> None:
    with capture_events() as events, pytest.raises(CommandError) as refusal:
        call_command("say", str(room.pk), outsider.email, "Hello")
    assert str(refusal.value) == (
        f"There is nothing with the id {room.pk} that {outsider.email} may see."
    )
    unknown = uuid4()
    with pytest.raises(CommandError) as refusal:
        call_command("say", str(unknown), outsider.email, "Hello")
    assert str(refusal.value) == (
        f"There is nothing with the id {unknown} that {outsider.email} may see."
    )
    assert events == []


def test_say_passes_on_why_an_action_refuses(room: Room, client_user: User) -> None:
    with pytest.raises(CommandError, match="Write something before sending"):
        call_command("say", str(room.pk), client_user.email, "  ")
    with pytest.raises(CommandError, match="Nobody active has the address"):
        call_command("say", str(room.pk), "nobody@demo.test", "Hello")


def test_check_grants_is_content_with_what_actions_grant(room: Room, capsys: Output) -> None:
    call_command("check_grants")
    assert capsys.readouterr().out == "ok: every grant is that of a role\n"


def test_check_grants_names_what_differs(
    room: Room, client_user: User, outsider: User, capsys: Output
) -> None:
    grants = ConversationUserObjectPermission.objects.filter(user=client_user)
    grants.filter(permission__codename="post").delete()
    client_user.groups.clear()
    with pytest.raises(SystemExit) as stop:
        call_command("check_grants")
    assert stop.value.code == 1
    where = f"conversation {room.conversation_id}, person {client_user.pk}"
    assert capsys.readouterr().out.splitlines() == [
        f"{client_user.pk}: groups [], role ['client_user']",
        f"{where}: holds ['read'], role gives ['post', 'read']",
    ]


def test_demo_has_the_cast_of_the_contract(demo: None) -> None:
    people = {
        user.email.removesuffix("@demo.test"): user
        for user in User.objects.filter(is_system=False).select_related("membership__organisation")
    }
    told = {
        place: (user.name, user.membership.organisation.name, user.membership.role, user.timezone)
        for place, user in people.items()
    }
    house = "Lindqvist & Raman"
    assert told == {
        "admin": ("Alma Berg", house, "admin", "Europe/Copenhagen"),
        "consultant": ("Mara Lindqvist", house, "internal_engineer", "Europe/Copenhagen"),
        "colleague": ("Priya Raman", house, "internal_pm", "Europe/Copenhagen"),
        "client": ("Tomas Okafor", "Northwind", "client_user", "Europe/Lisbon"),
        "manager": ("Helen Brandt", "Northwind", "client_admin", "Europe/Lisbon"),
        "outsider": ("Jonas Weber", "Halden Clinic", "client_user", "Europe/Oslo"),
    }
    assert [place for place, user in people.items() if user.is_superuser] == ["admin"]
    assert all(user.check_password(PASSWORD) for user in people.values())
    confirmed = EmailAddress.objects.filter(verified=True, primary=True)
    assert set(confirmed.values_list("email", flat=True)) == set(ADDRESSES)


def test_demo_consultation_is_live_with_history(demo: None) -> None:
    room = Room.objects.get(status=Status.ACTIVE, mode=Mode.INSTANT)
    assert room.name == "Demo consultation"
    places = room.participants.values_list("user__email", "role")
    assert dict(places) == {"consultant@demo.test": "host", "client@demo.test": "client"}
    assert 33 * 60 < room.elapsed_seconds < 36 * 60
    assert room.current_item is not None
    assert room.current_item.title == "Dry run with August"
    messages = list(room.conversation.messages.order_by("seq"))
    times = [message.created_at for message in messages]
    assert times == sorted(times)
    assert times[-1] < timezone.now()
    assert sum(message.reply_to_id is not None for message in messages) == 2
    assert sum(message.is_deleted for message in messages) == 1
    assert sum('<pre class="code"' in message.body_html for message in messages) == 2
    edited = [message for message in messages if message.edited_at]
    assert [revision.message for revision in MessageRevision.objects.all()] == edited
    assert len(edited) == 1


def test_demo_fills_the_home_page(demo: None) -> None:
    mara = User.objects.get(email="consultant@demo.test")
    page = home(mara)
    assert page.next is not None
    assert page.next.name == "Referral forms: first look"
    assert [room.name for room in page.upcoming] == ["Cut-over week: who does what"]
    assert {room.name for room in page.live} == {
        "Demo consultation",
        "Questions on the customer list",
    }
    assert [room.name for room in page.waiting] == ["Ward access: open points"]
    assert [room.actual_duration_minutes for room in page.past] == [47]
    cut_over = page.upcoming[0].scheduled_at
    assert cut_over is not None
    local = cut_over.astimezone(ZoneInfo("Europe/Copenhagen"))
    tomorrow = timezone.localdate(timezone=ZoneInfo("Europe/Copenhagen")) + timedelta(days=1)
    assert (local.date(), local.hour, local.minute) == (tomorrow, 14, 30)


def test_demo_events_carry_the_time_of_the_story(demo: None) -> None:
    room = Room.objects.get(name="Demo consultation")
    for stream in (room.stream, room.conversation.stream):
        times = [event.at for event in events_after(stream, 0, 200)]
        assert times == sorted(times)
    started = Event.objects.get(name="RoomStarted", stream__object_id=room.pk)
    assert started.at == room.started_at


def test_demo_leaves_nothing_in_the_future(demo: None) -> None:
    now = timezone.now()
    assert not Message.objects.filter(created_at__gt=now).exists()
    assert not Visit.objects.filter(ended_at__gt=now).exists()
    assert not Visit.objects.filter(ended_at__isnull=True).exists()
    assert not Participant.objects.filter(joined_at__gt=now).exists()
    call_command("check_grants")


def test_seeding_twice_changes_nothing(demo: None, capsys: Output) -> None:
    with capture_events() as events:
        call_command("seed_demo")
    assert events == []
    assert capsys.readouterr().out == "The demo cast is there already: nothing changed.\n"


def test_seeding_beside_a_part_of_the_cast_is_refused(
    make_person: Callable[..., User],
) -> None:
    make_person("Client One")
    with capture_events() as events, pytest.raises(CommandError, match=r"only client@demo\.test"):
        call_command("seed_demo")
    assert events == []


def test_if_empty_leaves_people_alone(make_person: Callable[..., User], capsys: Output) -> None:
    make_person("Somebody Else")
    call_command("seed_demo", "--if-empty")
    assert capsys.readouterr().out == "There are people already: nothing seeded.\n"
    assert not Room.objects.exists()


@pytest.mark.django_db
def test_if_empty_seeds_an_empty_database(capsys: Output) -> None:
    call_command("seed_demo", "--if-empty")
    assert capsys.readouterr().out == (
        f"Sign in as {', '.join(ADDRESSES)}; password: consult-demo\n"
    )


@pytest.mark.django_db
def test_production_is_refused_unless_meant(settings: Settings) -> None:
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="the password of the demo cast is public"):
        call_command("seed_demo")
    assert not Event.objects.exists()
    call_command("seed_demo", "--force-demo")
    assert Room.objects.filter(name="Demo consultation").count() == 1


def test_only_the_system_seeds(consultant: User) -> None:
    with pytest.raises(NotAllowed):
        seed_demo(actor=consultant)
