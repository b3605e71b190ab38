"""Inviting to a room, and coming in by the link."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone

from accounts.actions.guests import keep_account
from accounts.actions.invitations import (
    AlreadyInvited,
    LinkOver,
    NotOpen,
    OnItsWay,
    OtherAddress,
    TooManyInvitations,
)
from accounts.actions.people import AddressTaken, InvalidProfile, deactivate_person, sign_up
from accounts.models import User
from accounts.models.invitation import GIVE_UP_AFTER, PAUSE
from core.errors import NotAllowed
from core.permissions import granted
from rooms.actions.invitations import (
    accept_invitation,
    add_or_invite,
    invite,
    join_as_guest,
    join_with_account,
    note_invitation_mailed,
    resend_invitation,
    revoke_invitation,
    send_guest_link,
)
from rooms.actions.lifecycle import cancel_room, create_room
from rooms.actions.participants import (
    AlreadyThere,
    GuestsAreInvited,
    NotThere,
    RoomIsOver,
    WrongRole,
    add_participant,
    change_role,
    remove_participant,
)
from rooms.models import Mode, Participant, Role, Room, RoomInvitation, RoomType
from rooms.queries import invitations as queries
from rooms.queries.invitations import Way
from tests.fixtures import capture_events, names, refused

pytestmark = pytest.mark.django_db
PASSWORD = "a long walk by the sea"
LENA = "lena@demo.test"


@pytest.fixture
def invitation(room: Room, consultant: User) -> RoomInvitation:
    """Lena, who has no account, is invited as a client."""
    return invite(actor=consultant, room=room, email=LENA, role=Role.CLIENT)


@pytest.fixture
def lena(system: User, invitation: RoomInvitation) -> Participant:
    """She came as a guest."""
    return join_as_guest(actor=system, token=invitation.token, name="Lena Duarte")


def moved(invitation: RoomInvitation, **fields: Any) -> RoomInvitation:
    """The row as if time had passed."""
    RoomInvitation.objects.filter(pk=invitation.pk).update(**fields)
    return RoomInvitation.objects.select_related("room").get(pk=invitation.pk)


def later(invitation: RoomInvitation) -> RoomInvitation:
    """More than a minute after its link was made."""
    return moved(invitation, renewed_at=timezone.now() - PAUSE)


class TestInviting:
    def test_records_no_address_and_waits_to_be_mailed(self, room: Room, consultant: User) -> None:
        with capture_events() as events:
            made = invite(actor=consultant, room=room, email=" Lena@Demo.test", role=Role.CLIENT)
        assert (made.email, made.role, made.status, made.invited_by) == (
            LENA, "client", "waiting", consultant,
        )  # fmt: skip
        assert timedelta(days=6.9) < made.expires_at - timezone.now() < timedelta(days=7.1)
        (event,) = events
        assert (event.name, str(event.stream)) == ("InvitationMade", f"room:{room.pk}")
        assert event.data == {"invitation_id": str(made.pk), "role": "client"}
        assert room.participants.count() == 2

    def test_an_address_with_an_account_is_added(
        self, room: Room, consultant: User, manager: User
    ) -> None:
        made = add_or_invite(actor=consultant, room=room, email=manager.email, role=Role.CLIENT)
        assert isinstance(made, Participant)
        assert made.user == manager
        unknown = add_or_invite(actor=consultant, room=room, email=LENA, role=Role.OBSERVER)
        assert isinstance(unknown, RoomInvitation)

    def test_whoever_only_began_to_sign_up_is_invited(
        self, room: Room, consultant: User, system: User
    ) -> None:
        sign_up(actor=system, email=LENA, name="Not Lena", password=PASSWORD)
        made = add_or_invite(actor=consultant, room=room, email=LENA, role=Role.CLIENT)
        assert isinstance(made, RoomInvitation)

    def test_a_room_for_an_unknown_client(self, consultant: User) -> None:
        made = create_room(
            actor=consultant, name="First talk", mode=Mode.INSTANT, client_email=LENA,
            room_type=RoomType.objects.get(slug="consultation"),
        )  # fmt: skip
        (invitation,) = queries.open_invitations(made)
        assert (invitation.email, invitation.role) == (LENA, Role.CLIENT)
        alone = create_room(
            actor=consultant, name="Mine", mode=Mode.INSTANT, client_email=consultant.email,
            room_type=RoomType.objects.get(slug="consultation"),
        )  # fmt: skip
        assert (alone.participants.count(), alone.invitations.count()) == (1, 0)

    def test_only_who_may_invite(
        self, room: Room, client_user: User, colleague: User, staff: User
    ) -> None:
        for actor in (client_user, colleague, staff):
            for action in (invite, add_or_invite):
                with refused(NotAllowed):
                    action(actor=actor, room=room, email=LENA, role=Role.CLIENT)

    def test_nobody_unknown_leads(self, room: Room, consultant: User) -> None:
        for role in (Role.HOST, Role.CONSULTANT, "ghost"):
            with refused(WrongRole):
                invite(actor=consultant, room=room, email=LENA, role=role)

    def test_once_for_each_address(self, invitation: RoomInvitation, consultant: User) -> None:
        room = invitation.room
        with refused(AlreadyInvited):
            invite(actor=consultant, room=room, email=LENA.upper(), role=Role.OBSERVER)
        moved(invitation, expires_at=timezone.now(), renewed_at=timezone.now() - timedelta(days=7))
        again = invite(actor=consultant, room=room, email=LENA, role=Role.OBSERVER)
        assert (again.pk, again.role, again.is_expired) == (invitation.pk, "observer", False)

    def test_not_who_takes_part(
        self, room: Room, consultant: User, client_user: User, lena: Participant
    ) -> None:
        for email in (client_user.email, LENA):
            with refused(AlreadyThere):
                invite(actor=consultant, room=room, email=email, role=Role.CLIENT)

    def test_a_bounded_number(
        self, room: Room, consultant: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("rooms.actions.invitations.MAX_OPEN", 1)
        invite(actor=consultant, room=room, email=LENA, role=Role.CLIENT)
        with refused(TooManyInvitations):
            invite(actor=consultant, room=room, email="other@demo.test", role=Role.CLIENT)

    def test_not_into_what_is_over(self, invitation: RoomInvitation, consultant: User) -> None:
        cancel_room(actor=consultant, room=invitation.room)
        with refused(RoomIsOver):
            invite(actor=consultant, room=invitation.room, email="b@demo.test", role=Role.CLIENT)
        waited = later(invitation)
        with refused(RoomIsOver):
            resend_invitation(actor=consultant, invitation=waited)


class TestSendingAgain:
    def test_a_new_link_ends_the_old(
        self, invitation: RoomInvitation, consultant: User, system: User
    ) -> None:
        old = invitation.token
        with refused(OnItsWay):
            resend_invitation(actor=consultant, invitation=invitation)
        with capture_events() as events:
            renewed = resend_invitation(actor=consultant, invitation=later(invitation))
        assert names(events) == ["InvitationRenewed"]
        assert (renewed.token != old, renewed.status) == (True, "waiting")
        with refused(LinkOver):
            join_as_guest(actor=system, token=old, name="Lena")
        assert join_as_guest(actor=system, token=renewed.token, name="Lena").user.is_guest

    def test_at_once_when_the_mail_failed(
        self, invitation: RoomInvitation, consultant: User
    ) -> None:
        failed = moved(invitation, failed_at=timezone.now())
        assert failed.status == "failed"
        assert resend_invitation(actor=consultant, invitation=failed).status == "waiting"

    def test_only_who_may(self, invitation: RoomInvitation, client_user: User) -> None:
        waited = later(invitation)
        with refused(NotAllowed):
            resend_invitation(actor=client_user, invitation=waited)
        with refused(NotAllowed):
            revoke_invitation(actor=client_user, invitation=invitation)

    def test_not_what_is_closed(
        self, lena: Participant, invitation: RoomInvitation, consultant: User
    ) -> None:
        waited = later(invitation)
        for action in (resend_invitation, revoke_invitation):
            with refused(NotOpen):
                action(actor=consultant, invitation=waited)


class TestRevoking:
    def test_the_link_ends(
        self, invitation: RoomInvitation, consultant: User, system: User, client_user: User
    ) -> None:
        with capture_events() as events:
            revoke_invitation(actor=consultant, invitation=invitation)
            revoke_invitation(actor=consultant, invitation=invitation)
        assert names(events) == ["InvitationRevoked"]
        assert moved(invitation).status == "revoked"
        assert queries.landing(invitation.token, None) is None
        with refused(LinkOver):
            join_as_guest(actor=system, token=invitation.token, name="Lena")
        fresh = invite(actor=consultant, room=invitation.room, email=LENA, role=Role.CLIENT)
        assert fresh.pk != invitation.pk


class TestComingIn:
    def test_as_a_guest(self, invitation: RoomInvitation, system: User) -> None:
        with capture_events() as events:
            there = join_as_guest(actor=system, token=invitation.token, name="Lena Duarte")
        assert names(events) == [
            "PersonSignedUp", "AddressConfirmed", "GuestCame", "InvitationAccepted",
            "ParticipantAdded", "MemberAdded",
        ]  # fmt: skip
        assert events[3].data == {
            "invitation_id": str(invitation.pk), "user_id": str(there.user_id),
        }  # fmt: skip
        assert (there.role, there.user.is_guest) == (Role.CLIENT, True)
        assert "chat" in granted(there.user, invitation.room)
        assert list(Room.objects.visible_to(there.user)) == [invitation.room]
        assert moved(invitation).status == "accepted"

    def test_a_link_works_once(
        self, lena: Participant, invitation: RoomInvitation, system: User
    ) -> None:
        with refused(LinkOver):
            join_as_guest(actor=system, token=invitation.token, name="Somebody")
        with refused(LinkOver):
            accept_invitation(actor=lena.user, token=invitation.token)

    def test_not_after_its_time(self, invitation: RoomInvitation, system: User) -> None:
        expired = moved(invitation, expires_at=timezone.now())
        assert (expired.status, queries.landing(invitation.token, None)) == ("expired", None)
        with refused(LinkOver):
            join_as_guest(actor=system, token=invitation.token, name="Lena")
        with refused(LinkOver):
            join_with_account(actor=system, token=invitation.token, name="Lena", password=PASSWORD)

    def test_not_after_the_consultation(
        self, invitation: RoomInvitation, consultant: User, system: User
    ) -> None:
        cancel_room(actor=consultant, room=invitation.room)
        assert queries.landing(invitation.token, None) is None
        with refused(LinkOver):
            join_as_guest(actor=system, token=invitation.token, name="Lena")

    @pytest.mark.parametrize("change", ["first", "last", "other kind", "nonsense", "short", "nul"])
    def test_not_with_a_link_that_we_did_not_make(
        self, invitation: RoomInvitation, system: User, change: str
    ) -> None:
        token = invitation.token
        made_up = {
            "first": ("0" if token[0] != "0" else "1") + token[1:],
            "last": token[:-2] + ("A" if token[-2] != "A" else "B") + token[-1],
            "other kind": f"{token[:54]}.{'A' * 43}",
            "nonsense": "../../etc",
            "short": token[:54],
            "nul": token + "\0",
        }[change]
        with refused(LinkOver):
            join_as_guest(actor=system, token=made_up, name="Lena")
        assert queries.landing(made_up, None) is None

    def test_with_a_new_account(self, invitation: RoomInvitation, system: User) -> None:
        there = join_with_account(
            actor=system, token=invitation.token, name="Lena Duarte", password=PASSWORD
        )
        assert (there.user.is_guest, there.user.check_password(PASSWORD)) == (False, True)

    def test_what_is_wrong_uses_no_link(self, invitation: RoomInvitation, system: User) -> None:
        with refused(InvalidProfile):
            join_as_guest(actor=system, token=invitation.token, name=" ")
        with refused(InvalidProfile):
            join_with_account(
                actor=system, token=invitation.token, name="Lena", password="12345678"
            )
        assert moved(invitation).status == "waiting"

    def test_with_ones_own_account(
        self, room: Room, consultant: User, outsider: User, colleague: User, system: User
    ) -> None:
        made = invite(actor=consultant, room=room, email=outsider.email, role=Role.PARTICIPANT)
        with refused(AddressTaken):
            join_as_guest(actor=system, token=made.token, name="Jonas")
        with refused(OtherAddress):
            accept_invitation(actor=colleague, token=made.token)
        there = accept_invitation(actor=outsider, token=made.token)
        assert (there.user, there.role) == (outsider, Role.PARTICIPANT)

    def test_with_a_second_address_once_it_is_confirmed(
        self, invitation: RoomInvitation, outsider: User
    ) -> None:
        address = EmailAddress.objects.create(user=outsider, email=LENA)
        with refused(OtherAddress):
            accept_invitation(actor=outsider, token=invitation.token)
        address.verified = True
        address.save()
        assert accept_invitation(actor=outsider, token=invitation.token).user == outsider

    def test_who_was_added_meanwhile_keeps_the_role(
        self, room: Room, consultant: User, outsider: User
    ) -> None:
        made = invite(actor=consultant, room=room, email=outsider.email, role=Role.OBSERVER)
        add_participant(actor=consultant, room=room, user=outsider, role=Role.PARTICIPANT)
        assert accept_invitation(actor=outsider, token=made.token).role == Role.PARTICIPANT
        assert moved(made).status == "accepted"

    def test_for_the_system_alone(self, invitation: RoomInvitation, outsider: User) -> None:
        with refused(NotAllowed):
            join_as_guest(actor=outsider, token=invitation.token, name="Lena")
        with refused(NotAllowed):
            join_with_account(
                actor=outsider, token=invitation.token, name="Lena", password=PASSWORD
            )


class TestGuests:
    def test_come_back_by_a_new_link(
        self, lena: Participant, invitation: RoomInvitation, consultant: User, system: User
    ) -> None:
        send_guest_link(actor=consultant, participant=lena)
        fresh = moved(invitation)
        assert timedelta(hours=23) < fresh.expires_at - timezone.now() < timedelta(hours=24)
        landing = queries.landing(fresh.token, None)
        assert landing is not None
        assert (landing.way, landing.guest) == (Way.BACK, lena.user)
        with capture_events() as events:
            assert join_as_guest(actor=system, token=fresh.token) == lena
        assert names(events) == ["GuestCameBack"]
        with refused(LinkOver):
            join_as_guest(actor=system, token=fresh.token)

    def test_ask_themselves_with_the_old_link(
        self, lena: Participant, invitation: RoomInvitation, system: User
    ) -> None:
        assert queries.guest_who_may_return(invitation.token) == lena
        assert queries.room_of_link(invitation.token, lena.user) == lena.room_id
        send_guest_link(actor=system, participant=lena)
        with refused(OnItsWay):
            send_guest_link(actor=system, participant=lena)

    def test_not_after_they_were_removed(
        self, lena: Participant, invitation: RoomInvitation, consultant: User, system: User
    ) -> None:
        send_guest_link(actor=consultant, participant=lena)
        token = moved(invitation).token
        remove_participant(actor=consultant, participant=lena)
        assert queries.guest_who_may_return(token) is None
        assert queries.room_of_link(token, lena.user) is None
        with refused(LinkOver):
            join_as_guest(actor=system, token=token)
        lena.refresh_from_db()
        with refused(NotThere):
            send_guest_link(actor=consultant, participant=lena)

    def test_no_link_for_who_has_an_account(
        self, lena: Participant, invitation: RoomInvitation, consultant: User, system: User,
        client_user: User,
    ) -> None:  # fmt: skip
        send_guest_link(actor=consultant, participant=lena)
        token = moved(invitation).token
        with refused(NotAllowed):
            send_guest_link(actor=client_user, participant=lena)
        keep_account(actor=lena.user, password=PASSWORD)
        landing = queries.landing(token, None)
        assert landing is not None
        assert landing.way == Way.SIGN_IN
        with refused(AddressTaken):
            join_as_guest(actor=system, token=token)
        with refused(NotThere):
            send_guest_link(actor=consultant, participant=lena)
        assert queries.guest_who_may_return(token) is None

    def test_come_into_another_room_by_another_invitation_alone(
        self, lena: Participant, make_room: Callable[..., Room], consultant: User, system: User
    ) -> None:
        other = make_room("Another")
        with refused(GuestsAreInvited):
            add_participant(actor=consultant, room=other, user=lena.user, role=Role.CLIENT)
        made = add_or_invite(actor=consultant, room=other, email=LENA, role=Role.CLIENT)
        assert isinstance(made, RoomInvitation)
        landing = queries.landing(made.token, None)
        assert landing is not None
        assert (landing.way, landing.guest) == (Way.GUEST, lena.user)
        assert join_as_guest(actor=system, token=made.token).user == lena.user

    def test_do_not_lead(self, lena: Participant, consultant: User) -> None:
        for role in (Role.HOST, Role.CONSULTANT):
            with refused(WrongRole):
                change_role(actor=consultant, participant=lena, role=role)

    def test_deactivated_they_stay_out(
        self, lena: Participant, invitation: RoomInvitation, consultant: User, system: User
    ) -> None:
        send_guest_link(actor=consultant, participant=lena)
        deactivate_person(actor=system, user=lena.user)
        with refused(NotAllowed):
            join_as_guest(actor=system, token=moved(invitation).token)


class TestMailing:
    def test_keeps_that_the_link_went_out(
        self, invitation: RoomInvitation, system: User, consultant: User
    ) -> None:
        with capture_events() as events:
            note_invitation_mailed(actor=system, invitation=invitation, is_sent=True)
        assert names(events) == ["InvitationMailed"]
        assert moved(invitation).status == "sent"
        with refused(NotAllowed):
            note_invitation_mailed(actor=consultant, invitation=invitation, is_sent=True)

    def test_gives_up_after_a_while(self, invitation: RoomInvitation, system: User) -> None:
        with capture_events() as events:
            note_invitation_mailed(actor=system, invitation=invitation, is_sent=False)
        assert events == []
        waiting = moved(invitation, renewed_at=timezone.now() - GIVE_UP_AFTER)
        with capture_events() as events:
            note_invitation_mailed(actor=system, invitation=waiting, is_sent=False)
        assert names(events) == ["InvitationUndelivered"]
        assert moved(invitation).status == "failed"

    def test_says_nothing_of_a_link_that_was_replaced(
        self, invitation: RoomInvitation, consultant: User, system: User
    ) -> None:
        resend_invitation(actor=consultant, invitation=later(invitation))
        with capture_events() as events:
            note_invitation_mailed(actor=system, invitation=invitation, is_sent=True)
        assert (events, moved(invitation).status) == ([], "waiting")


def test_the_table_holds_no_link(invitation: RoomInvitation) -> None:
    row = RoomInvitation.objects.filter(pk=invitation.pk).values_list()[0]
    signature = invitation.token.partition(".")[2]
    assert all(signature not in str(value) for value in row)
    assert str(invitation) == f"Invitation of {LENA}"
    assert moved(invitation, sent_at=timezone.now()).id_text == str(invitation.pk)
