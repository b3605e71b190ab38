"""The pages behind an invitation's link, and the mail that brings it."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from accounts.models.invitation import GIVE_UP_AFTER, PAUSE
from core.models import Errand, Event
from core.tasks import run_errand
from rooms.actions.invitations import invite, join_as_guest, resend_invitation, revoke_invitation
from rooms.actions.lifecycle import complete_room
from rooms.actions.participants import add_participant, enter_room
from rooms.models import Participant, Role, Room, RoomInvitation
from rooms.queries import invitations as queries
from rooms.tasks import mail_addition, mail_invitation
from tests.fixtures import PASSWORD, everything_stored

pytestmark = pytest.mark.django_db
LENA = "lena@demo.test"
GOOD = "a long walk by the sea"


@pytest.fixture
def invitation(room: Room, consultant: User) -> RoomInvitation:
    return invite(actor=consultant, room=room, email=LENA, role=Role.CLIENT)


def url(invitation: RoomInvitation, way: str = "") -> str:
    return f"/rooms/join/{invitation.token}/{way}"


def reloaded(invitation: RoomInvitation, **fields: Any) -> RoomInvitation:
    RoomInvitation.objects.filter(pk=invitation.pk).update(**fields)
    return RoomInvitation.objects.select_related("room").get(pk=invitation.pk)


class TestLooking:
    def test_tells_who_and_when_and_nothing_of_the_room(
        self, client: Client, consultant: User, make_room: Callable[..., Room]
    ) -> None:
        room = make_room("A secret merger", description="Very secret", mode="scheduled",
                         scheduled_at=timezone.now() + timedelta(days=1))  # fmt: skip
        made = invite(actor=consultant, room=room, email=LENA, role=Role.CLIENT)
        answer = client.get(url(made))
        html = answer.content.decode()
        assert answer.status_code == 200
        assert "Mara Lindqvist" in html
        assert "Lindqvist &amp; Raman" in html
        assert "tomorrow" in html
        assert LENA in html
        for secret in ("secret", "Tomas", str(room.pk), str(room.conversation_id)):
            assert secret not in html
        assert "no-store" in answer["Cache-Control"]
        assert (answer["X-Robots-Tag"], answer["Referrer-Policy"]) == ("noindex", "same-origin")

    def test_says_the_time_in_the_readers_zone_or_names_the_inviters(
        self, client: Client, consultant: User, client_user: User, make_room: Callable[..., Room]
    ) -> None:
        consultant.timezone, client_user.timezone = "Europe/Copenhagen", "Asia/Tokyo"
        User.objects.bulk_update([consultant, client_user], ["timezone"])
        start = (timezone.now() + timedelta(days=9)).replace(month=1, day=12, hour=8, minute=30)
        start = start.replace(year=start.year + 1)
        room = make_room("Merger", mode="scheduled", scheduled_at=start)
        address = url(invite(actor=consultant, room=room, email=LENA, role=Role.CLIENT))

        def begins() -> str:
            html = client.get(address).content.decode()
            (words,) = re.findall(r"It begins <time[^>]*>[^<]* ([\d:]+)</time>([^<]*)\.", html)
            return "".join(words)

        assert begins() == "9:30 (Europe/Copenhagen)"
        client.cookies["timezone"] = "Nowhere/Land"
        assert begins() == "9:30 (Europe/Copenhagen)"
        client.cookies["timezone"] = "America/New_York"
        assert begins() == "3:30"
        client.force_login(client_user)
        assert begins() == "17:30"

    def test_uses_nothing_up(self, client: Client, invitation: RoomInvitation) -> None:
        before = everything_stored()
        for _ in range(3):
            assert client.get(url(invitation)).status_code == 200
            assert client.head(url(invitation)).status_code == 200
        assert everything_stored() == before
        for way in ("guest/", "account/", "accept/", "again/"):
            assert client.get(url(invitation, way)).status_code == 405

    def test_one_page_for_every_link_that_does_not_work(
        self, client: Client, consultant: User, system: User, make_room: Callable[..., Room]
    ) -> None:
        def link(state: str) -> str:
            made = invite(
                actor=consultant, room=make_room(state, active=True), email=LENA, role=Role.CLIENT
            )
            token = made.token
            if state == "used":
                join_as_guest(actor=system, token=token, name="Lena")
            elif state == "revoked":
                revoke_invitation(actor=consultant, invitation=made)
            elif state == "expired":
                reloaded(made, expires_at=timezone.now())
            elif state == "replaced":
                waited = reloaded(made, renewed_at=timezone.now() - PAUSE)
                resend_invitation(actor=consultant, invitation=waited)
            elif state == "over":
                complete_room(actor=consultant, room=made.room)
            else:
                token = "0" * 54 + "." + "A" * 43
            return token

        pages, answers = set(), set()
        for state in ("used", "revoked", "expired", "replaced", "over", "made up"):
            token = link(state)
            looked = client.get(f"/rooms/join/{token}/")
            assert looked.status_code == 404
            pages.add(looked.content.decode().replace(token, ""))
            for way in ("guest/", "account/"):
                fields = {"name": "Eve", "password1": GOOD}
                tried = client.post(f"/rooms/join/{token}/{way}", fields)
                assert tried.status_code == 404
                pages.add(tried.content.decode().replace(token, ""))
            asked = client.post(f"/rooms/join/{token}/again/", follow=True)
            answers.add(asked.content.decode().replace(token, ""))
        assert len({without_secrets(page) for page in pages}) == 1
        assert len({without_secrets(page) for page in answers}) == 1
        assert "_auth_user_id" not in client.session


def without_secrets(html: str) -> str:
    """Without what is made anew for each answer."""
    html = re.sub(r'nonce="[^"]+"', "", html)
    return "\n".join(line for line in html.splitlines() if "csrf" not in line.lower())


class TestComingIn:
    def test_as_a_guest(self, client: Client, invitation: RoomInvitation) -> None:
        nameless = client.post(url(invitation, "guest/"), {"name": " "})
        assert (nameless.status_code, "Enter your name." in nameless.content.decode()) == (
            422, True,
        )  # fmt: skip
        client.cookies["timezone"] = "Europe/Copenhagen"
        joined = client.post(url(invitation, "guest/"), {"name": "Lena Duarte"})
        assert User.objects.get(email=LENA).timezone == "Europe/Copenhagen"
        assert joined["Location"] == f"/rooms/{invitation.room_id}/"
        assert client.get(joined["Location"]).status_code == 200
        week = timedelta(days=7).total_seconds()
        assert week - 60 < client.session.get_expiry_age() <= week
        # The link again, in the same browser: the room; in another: it does not work.
        assert client.get(url(invitation))["Location"] == joined["Location"]
        assert Client().get(url(invitation)).status_code == 404

    def test_with_a_new_account(self, client: Client, invitation: RoomInvitation) -> None:
        weak = client.post(url(invitation, "account/"), {"name": "Lena", "password1": "12345678"})
        assert (weak.status_code, "id_password1_error" in weak.content.decode()) == (422, True)
        empty = client.post(url(invitation, "account/"), {"name": "Lena"})
        assert empty.status_code == 422
        made = client.post(url(invitation, "account/"), {"name": "Lena", "password1": GOOD})
        assert made["Location"] == f"/rooms/{invitation.room_id}/"
        other = Client()
        other.post("/accounts/login/", {"login": LENA, "password": GOOD})
        assert other.get(made["Location"]).status_code == 200

    def test_who_has_an_account_signs_in_first(
        self, client: Client, room: Room, consultant: User, outsider: User
    ) -> None:
        made = invite(actor=consultant, room=room, email=outsider.email, role=Role.CLIENT)
        html = client.get(url(made)).content.decode()
        assert f"/accounts/login/?next=/rooms/join/{made.token}/" in html
        assert "Join as a guest" not in html
        for way in ("guest/", "account/"):
            fields = {"name": "Eve", "password1": GOOD}
            assert client.post(url(made, way), fields).status_code == 200
        assert client.post(url(made, "accept/"))["Location"] == url(made)
        assert "_auth_user_id" not in client.session
        fields = {"login": outsider.email, "password": PASSWORD, "next": url(made)}
        assert client.post("/accounts/login/", fields)["Location"] == url(made)
        assert "Join the consultation" in client.get(url(made)).content.decode()
        assert client.post(url(made, "accept/"))["Location"] == f"/rooms/{room.pk}/"

    def test_somebody_else_is_told(
        self, client: Client, invitation: RoomInvitation, outsider: User
    ) -> None:
        client.force_login(outsider)
        html = client.get(url(invitation)).content.decode()
        assert f"You are signed in as <bdi>{outsider.email}</bdi>" in html
        for way in ("accept/", "guest/", "account/"):
            fields = {"name": "Eve", "password1": GOOD}
            answer = client.post(url(invitation, way), fields)
            assert "You are signed in as" in answer.content.decode()
        assert invitation.room.participants.count() == 2
        out = client.post("/accounts/logout/", {"next": url(invitation)})
        assert out["Location"] == url(invitation)
        assert "Join as a guest" in client.get(url(invitation)).content.decode()

    def test_who_began_to_sign_up_finishes(
        self, client: Client, invitation: RoomInvitation
    ) -> None:
        fields = {"name": "Not Lena", "email": LENA, "password1": "known to another"}
        Client().post("/accounts/signup/", fields)
        html = client.get(url(invitation)).content.decode()
        assert "Choose a password to finish" in html
        assert "Join as a guest" not in html
        fields = {"name": "Lena Duarte", "password1": GOOD}
        assert client.post(url(invitation, "account/"), fields).status_code == 302
        assert client.get(f"/rooms/{invitation.room_id}/").status_code == 200

    def test_a_guest_elsewhere_is_known(
        self, client: Client, invitation: RoomInvitation, system: User, consultant: User,
        make_room: Callable[..., Room],
    ) -> None:  # fmt: skip
        join_as_guest(actor=system, token=invitation.token, name="Lena Duarte")
        second = invite(
            actor=consultant, room=make_room("Second"), email=LENA, role=Role.PARTICIPANT
        )
        assert "Join as Lena Duarte" in client.get(url(second)).content.decode()
        kept = client.post(url(second, "account/"), {"password1": GOOD})
        assert kept["Location"] == f"/rooms/{second.room_id}/"
        assert not User.objects.get(email=LENA).is_guest
        assert client.get(f"/rooms/{invitation.room_id}/").status_code == 200

    def test_a_guest_comes_back(
        self, client: Client, invitation: RoomInvitation, system: User
    ) -> None:
        there = join_as_guest(actor=system, token=invitation.token, name="Lena Duarte")
        for _ in range(2):  # the second time it is on its way
            asked = client.post(url(invitation, "again/"), follow=True)
            html = asked.content.decode()
            assert asked.status_code == 200
            assert '<h1 class="text-xl">Look in your mailbox</h1>' in html
            assert "a new link is on its way to your address" in html
            assert "does not work" not in html
            assert "Send me a new link" not in html
        fresh = reloaded(invitation)
        assert fresh.nonce
        html = client.get(url(fresh)).content.decode()
        assert "Welcome back, <bdi>Lena</bdi>" in html
        back = client.post(url(fresh, "guest/"))
        assert back["Location"] == f"/rooms/{there.room_id}/"
        assert client.get(back["Location"]).status_code == 200


def test_a_guest_finds_the_own_room_and_nothing_else(
    client: Client, invitation: RoomInvitation, system: User, make_room: Callable[..., Room],
    client_user: User, say: Callable[..., Any],
) -> None:  # fmt: skip
    other = make_room("Something else", active=True)
    words = say(client_user, other, "not for guests")
    guest = join_as_guest(actor=system, token=invitation.token, name="Lena").user
    client.force_login(guest)
    for page in ("/", "/rooms/", "/rooms/?q=else"):
        assert "Something else" not in client.get(page).content.decode()
    listed = client.get("/api/rooms/").json()["results"]
    assert [row["id"] for row in listed] == [str(invitation.room_id)]
    here, there = f"/rooms/{invitation.room_id}/", f"/rooms/{other.pk}/"
    parts = ("", "header/", "people/", "agenda/", "stage/people/", "stage/timeline/")
    assert {client.get(here + part).status_code for part in parts} == {200}
    assert {client.get(there + part).status_code for part in parts} == {404}
    stream = f"/api/events/?stream=conversation:{other.conversation_id}"
    for path in (f"/api{there}", f"/api/messages/{words.pk}/", stream, "/admin/"):
        assert client.get(path).status_code in (302, 403, 404), path
    assert client.get("/rooms/new/").status_code == 403
    made = client.post("/api/rooms/", {"name": "Mine", "room_type": "review"}, "application/json")
    assert made.status_code == 403
    for path in (f"{here}people/add/", f"/api{here}participants/"):
        assert client.post(path, {"email": "x@demo.test"}).status_code in (302, 403, 415)
    assert invitation.room.invitations.count() == 1
    html = client.get(f"{here}stage/people/").content.decode()
    assert "Add somebody" not in html


def newest(name: str) -> Event:
    """The newest event of a name."""
    return Event.objects.filter(name=name).latest("pk")


class TestMail:
    def test_the_invitation(self, room: Room, consultant: User, settings: Settings) -> None:
        Room.objects.filter(pk=room.pk).update(status="scheduled", scheduled_at=timezone.now())
        made = invite(actor=consultant, room=room, email=LENA, role=Role.CLIENT)
        mail_invitation(newest("InvitationMade"))
        (letter,) = mail.outbox
        assert isinstance(letter, EmailMultiAlternatives)
        html = str(letter.alternatives[0][0])
        link = f"{settings.PUBLIC_URL}/rooms/join/{made.token}/"
        assert (letter.to, letter.subject) == (
            [LENA], "Mara Lindqvist invites you to a consultation",
        )  # fmt: skip
        for text in (str(letter.body), html):
            assert link in text
            assert "Mara Lindqvist" in text
            assert "It is planned for" in text
            assert room.name not in text
            assert "Tomas" not in text
        assert reloaded(made).status == "sent"
        mail_invitation(newest("InvitationMade"))
        assert len(mail.outbox) == 1

    def test_the_link_back(self, invitation: RoomInvitation, system: User, client: Client) -> None:
        join_as_guest(actor=system, token=invitation.token, name="Lena Duarte")
        client.post(url(invitation, "again/"))
        mail_invitation(newest("InvitationRenewed"))
        (letter,) = mail.outbox
        assert (letter.to, letter.subject) == ([LENA], "Your link to the consultation")
        assert reloaded(invitation).token in str(letter.body)

    def test_no_mail_server(
        self, invitation: RoomInvitation, settings: Settings, caplog: pytest.LogCaptureFixture
    ) -> None:
        working = settings.EMAIL_BACKEND
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # nobody listens there
        errand = Errand.objects.get(event=newest("InvitationMade"))
        run_errand(errand.pk, 0)
        assert "ConnectionRefusedError" in caplog.text
        assert LENA not in caplog.text
        assert invitation.token not in caplog.text
        assert reloaded(invitation).status == "waiting"
        reloaded(invitation, renewed_at=timezone.now() - GIVE_UP_AFTER)
        run_errand(errand.pk, 1)
        assert reloaded(invitation).status == "failed"
        reloaded(invitation, failed_at=None)
        settings.EMAIL_BACKEND = working
        run_errand(errand.pk, 2)
        assert (len(mail.outbox), reloaded(invitation).status) == (1, "sent")
        errand.refresh_from_db()
        assert (errand.status, errand.attempts) == ("done", 3)

    def test_who_is_added_hears_of_it(
        self, room: Room, consultant: User, manager: User, settings: Settings
    ) -> None:
        add_participant(actor=consultant, room=room, user=manager, role=Role.CLIENT)
        mail_addition(newest("ParticipantAdded"))
        (letter,) = mail.outbox
        assert (letter.to, letter.subject) == (
            [manager.email], "Mara Lindqvist added you to a consultation",
        )  # fmt: skip
        assert room.name in str(letter.body)
        assert f"{settings.PUBLIC_URL}/rooms/{room.pk}/" in str(letter.body)
        enter_room(actor=manager, room=room)
        mail_addition(newest("ParticipantAdded"))
        assert len(mail.outbox) == 1


def test_events_leave_errands(consultant: User, room: Room, manager: User, system: User) -> None:
    made = invite(actor=consultant, room=room, email=LENA, role=Role.CLIENT)
    add_participant(actor=consultant, room=room, user=manager, role=Role.CLIENT)
    join_as_guest(actor=system, token=made.token, name="Lena")
    left = Errand.objects.order_by("pk").values_list("event__name", "name")
    assert list(left)[-3:] == [
        ("InvitationMade", "rooms.tasks.mail_invitation"),
        ("ParticipantAdded", "rooms.tasks.mail_addition"),
        ("ParticipantAdded", "rooms.tasks.mail_addition"),
    ]
    mail_addition(newest("ParticipantAdded"))  # Lena knows: she came by her link
    assert mail.outbox == []


class TestThePanel:
    def test_lists_open_invitations_for_who_may_invite(
        self, client: Client, invitation: RoomInvitation, consultant: User, client_user: User
    ) -> None:
        room = invitation.room
        stage = f"/rooms/{room.pk}/stage/people/"
        for reader, is_shown in ((consultant, True), (client_user, False)):
            client.force_login(reader)
            for path in (stage, f"/rooms/{room.pk}/people/"):
                assert (LENA in client.get(path).content.decode()) is is_shown

    def test_adding_resending_revoking(
        self, client: Client, room: Room, consultant: User, system: User
    ) -> None:
        client.force_login(consultant)
        base, htmx = f"/rooms/{room.pk}/", {"HX-Request": "true"}
        fields = {"email": LENA, "role": "client"}
        added = client.post(f"{base}people/add/", fields, headers=htmx)
        assert (added.status_code, LENA in added.content.decode()) == (200, True)
        again = client.post(f"{base}people/add/", fields, headers=htmx)
        assert (again.status_code, "open invitation" in again.content.decode()) == (422, True)
        wrong = client.post(f"{base}people/add/", fields | {"role": "host", "email": "a@b.test"},
                            headers=htmx)  # fmt: skip
        assert (wrong.status_code, "Invite as client" in wrong.content.decode()) == (422, True)
        (made,) = RoomInvitation.objects.all()
        there = f"{base}invitations/{made.pk}/"
        early = client.post(f"{there}resend/", headers=htmx)
        assert early.status_code == 422
        reloaded(made, renewed_at=timezone.now() - PAUSE)
        assert client.post(f"{there}resend/", headers=htmx).status_code == 200
        revoked = client.post(f"{there}revoke/", headers=htmx)
        assert LENA not in revoked.content.decode()
        assert client.post(f"{there}resend/", headers=htmx).status_code == 404

    def test_a_guest_is_mailed_a_new_link(
        self, client: Client, invitation: RoomInvitation, consultant: User, system: User
    ) -> None:
        there = join_as_guest(actor=system, token=invitation.token, name="Lena Duarte")
        client.force_login(consultant)
        path = f"/rooms/{there.room_id}/people/{there.user_id}/link/"
        page = client.get(f"/rooms/{there.room_id}/stage/people/").content.decode()
        assert path in page
        assert client.post(path, headers={"HX-Request": "true"}).status_code == 200
        assert reloaded(invitation).nonce

    def test_for_who_may_invite_alone(
        self, client: Client, invitation: RoomInvitation, client_user: User, outsider: User
    ) -> None:
        base = f"/rooms/{invitation.room_id}/"
        for actor, status in ((client_user, 403), (outsider, 404)):
            client.force_login(actor)
            for path in ("resend/", "revoke/"):
                answer = client.post(
                    f"{base}invitations/{invitation.pk}/{path}", headers={"HX-Request": "true"}
                )
                assert answer.status_code == status

    def test_costs_the_same_for_one_and_for_thirty(
        self, client: Client, room: Room, consultant: User, django_assert_max_num_queries: Any
    ) -> None:
        client.force_login(consultant)
        for number in range(30):
            invite(actor=consultant, room=room, email=f"p{number}@demo.test", role=Role.PARTICIPANT)
            if number in (0, 29):
                for path, budget in (("people/", 9), ("stage/people/", 10)):
                    with django_assert_max_num_queries(budget):
                        client.get(f"/rooms/{room.pk}/{path}")
        assert len(queries.open_invitations(room)) == 30


def test_a_participant_and_not_the_link_is_what_lets_in(
    room: Room, consultant: User, system: User
) -> None:
    made = invite(actor=consultant, room=room, email=LENA, role=Role.OBSERVER)
    there = join_as_guest(actor=system, token=made.token, name="Lena")
    assert Participant.objects.get(pk=there.pk).role == Role.OBSERVER
