"""The people of an organisation: invited, joined, given another role, removed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts import permissions
from accounts.actions.guests import guest_at
from accounts.actions.invitations import (
    AlreadyInvited,
    LinkOver,
    NotOpen,
    OnItsWay,
    OtherAddress,
    TooManyInvitations,
)
from accounts.actions.members import (
    AlreadyMember,
    BelongsElsewhere,
    change_member_role,
    invite_member,
    join_organisation,
    join_organisation_with_account,
    note_member_invitation_mailed,
    remove_member_of_organisation,
    resend_member_invitation,
    revoke_member_invitation,
)
from accounts.actions.organisations import (
    GuestBelongsNowhere,
    LastAdministrator,
    WrongRole,
    set_business_role,
)
from accounts.models import BusinessRole, Membership, Organisation, OrganisationInvitation, User
from accounts.models.invitation import GIVE_UP_AFTER, PAUSE
from accounts.queries import Way, member_landing
from accounts.tasks import mail_member_invitation
from core.errors import NotAllowed
from core.models import Errand
from core.tasks import run_errand
from rooms.models import Room
from tests.api import signed_in
from tests.fixtures import PASSWORD, capture_events, names, refused

pytestmark = pytest.mark.django_db
LENA = "lena@demo.test"
GOOD = "a long walk by the sea"
USER, ADMIN = BusinessRole.CLIENT_USER, BusinessRole.CLIENT_ADMIN


@pytest.fixture
def invitation(manager: User, northwind: Organisation) -> OrganisationInvitation:
    """Lena, who has no account, is invited into Northwind."""
    return invite_member(actor=manager, organisation=northwind, email=LENA, role=USER)


@pytest.fixture
def lone(make_person: Callable[..., User]) -> User:
    """Ines, who has an account and belongs nowhere."""
    return make_person("Ines Moreau")


def moved(invitation: OrganisationInvitation, **fields: Any) -> OrganisationInvitation:
    """The row as if time had passed."""
    rows = OrganisationInvitation.objects
    rows.filter(pk=invitation.pk).update(**fields)
    return rows.select_related("organisation").get(pk=invitation.pk)


def place(user: User) -> Membership:
    return Membership.objects.select_related("organisation", "user").get(user=user)


class TestInviting:
    def test_records_no_address(self, manager: User, northwind: Organisation) -> None:
        with capture_events() as events:
            made = invite_member(
                actor=manager, organisation=northwind, email=" Lena@Demo.test", role=ADMIN
            )
        (event,) = events
        assert (made.email, made.status) == (LENA, "waiting")
        assert (event.name, str(event.stream)) == ("MemberInvited", f"organisation:{northwind.pk}")
        assert event.data == {"invitation_id": str(made.pk), "role": "client_admin"}

    def test_only_who_manages_its_people(
        self, northwind: Organisation, house: Organisation, client_user: User, manager: User,
        outsider: User, consultant: User, staff: User,
    ) -> None:  # fmt: skip
        for actor in (client_user, outsider, consultant):
            with refused(NotAllowed):
                invite_member(actor=actor, organisation=northwind, email=LENA, role=USER)
        for organisation in (house, outsider.membership.organisation):
            role = organisation.roles[0]
            with refused(NotAllowed):
                invite_member(actor=manager, organisation=organisation, email=LENA, role=role)
        made = invite_member(actor=staff, organisation=house, email=LENA, role=BusinessRole.ADMIN)
        assert made.organisation == house

    def test_only_its_own_roles(self, manager: User, northwind: Organisation) -> None:
        for role in (BusinessRole.ADMIN, BusinessRole.INTERNAL_ENGINEER, "ghost"):
            with refused(WrongRole):
                invite_member(actor=manager, organisation=northwind, email=LENA, role=role)

    def test_once_for_each_address(
        self, manager: User, northwind: Organisation, invitation: OrganisationInvitation,
        client_user: User, monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        with refused(AlreadyInvited):
            invite_member(actor=manager, organisation=northwind, email=LENA, role=USER)
        with refused(AlreadyMember):
            invite_member(actor=manager, organisation=northwind, email=client_user.email, role=USER)
        moved(invitation, expires_at=timezone.now(), renewed_at=timezone.now() - PAUSE)
        again = invite_member(actor=manager, organisation=northwind, email=LENA, role=ADMIN)
        assert (again.pk, again.role, again.is_expired) == (invitation.pk, "client_admin", False)
        monkeypatch.setattr("accounts.actions.members.MAX_OPEN_OF_ORGANISATION", 1)
        with refused(TooManyInvitations):
            invite_member(actor=manager, organisation=northwind, email="b@demo.test", role=USER)

    def test_sending_again_and_revoking(
        self, manager: User, client_user: User, invitation: OrganisationInvitation, system: User
    ) -> None:
        old = invitation.token
        with refused(OnItsWay):
            resend_member_invitation(actor=manager, invitation=invitation)
        waited = moved(invitation, renewed_at=timezone.now() - PAUSE)
        for action in (resend_member_invitation, revoke_member_invitation):
            with refused(NotAllowed):
                action(actor=client_user, invitation=waited)
        renewed = resend_member_invitation(actor=manager, invitation=waited)
        assert (member_landing(old, None), renewed.token != old) == (None, True)
        with capture_events() as events:
            revoke_member_invitation(actor=manager, invitation=renewed)
            revoke_member_invitation(actor=manager, invitation=renewed)
        assert names(events) == ["MemberInvitationRevoked"]
        with refused(LinkOver):
            join_organisation_with_account(
                actor=system, token=renewed.token, name="Lena", password=GOOD
            )
        with refused(NotOpen):
            resend_member_invitation(actor=manager, invitation=renewed)


class TestJoining:
    def test_with_a_new_account(
        self, invitation: OrganisationInvitation, system: User, manager: User
    ) -> None:
        with capture_events() as events:
            membership = join_organisation_with_account(
                actor=system, token=invitation.token, name="Lena Duarte", password=GOOD
            )
        assert names(events)[-2:] == ["BusinessRoleChanged", "MemberJoined"]
        assert (membership.role, membership.organisation.name) == ("client_user", "Northwind")
        assert permissions.differences() == []
        with refused(LinkOver):
            join_organisation(actor=membership.user, token=invitation.token)
        with refused(NotOpen):
            revoke_member_invitation(actor=manager, invitation=invitation)

    def test_with_ones_own(
        self, manager: User, northwind: Organisation, lone: User, outsider: User
    ) -> None:
        made = invite_member(actor=manager, organisation=northwind, email=lone.email, role=ADMIN)
        with refused(OtherAddress):
            join_organisation(actor=outsider, token=made.token)
        assert join_organisation(actor=lone, token=made.token).role == ADMIN
        assert User.objects.get(pk=lone.pk).has_perm("accounts.manage_account_users")

    def test_not_into_a_second(
        self, manager: User, northwind: Organisation, outsider: User, system: User
    ) -> None:
        made = invite_member(actor=manager, organisation=northwind, email=outsider.email, role=USER)
        with refused(BelongsElsewhere):
            join_organisation(actor=outsider, token=made.token)

    def test_who_was_put_there_meanwhile_keeps_the_role(
        self, manager: User, northwind: Organisation, lone: User, system: User
    ) -> None:
        made = invite_member(actor=manager, organisation=northwind, email=lone.email, role=USER)
        set_business_role(actor=system, user=lone, organisation=northwind, role=ADMIN)
        assert join_organisation(actor=lone, token=made.token).role == ADMIN
        assert moved(made).status == "accepted"

    def test_a_guest_keeps_the_account_first(
        self, invitation: OrganisationInvitation, system: User
    ) -> None:
        guest = guest_at(actor=system, email=LENA, name="Lena")
        with refused(GuestBelongsNowhere):
            join_organisation(actor=guest, token=invitation.token)
        membership = join_organisation_with_account(
            actor=system, token=invitation.token, name="", password=GOOD
        )
        assert (membership.user, membership.user.is_guest) == (guest, False)

    def test_a_link_of_another_kind_or_for_others_is_none(
        self, invitation: OrganisationInvitation, lone: User
    ) -> None:
        with refused(LinkOver):
            join_organisation(actor=lone, token="nonsense")
        with refused(NotAllowed):
            join_organisation_with_account(
                actor=lone, token=invitation.token, name="Lena", password=GOOD
            )


class TestMembers:
    def test_another_role_brings_its_permissions(
        self, manager: User, client_user: User, northwind: Organisation
    ) -> None:
        with capture_events() as events:
            change_member_role(actor=manager, membership=place(client_user), role=ADMIN)
            change_member_role(actor=manager, membership=place(client_user), role=ADMIN)
        assert names(events) == ["BusinessRoleChanged", "MemberRoleChanged"]
        assert User.objects.get(pk=client_user.pk).has_perm("accounts.manage_account_users")
        assert permissions.differences() == []
        with refused(WrongRole):
            change_member_role(
                actor=manager, membership=place(client_user), role=BusinessRole.ADMIN
            )

    def test_removing_leaves_account_and_rooms(
        self, manager: User, client_user: User, room: Room
    ) -> None:
        membership, stale = place(client_user), place(client_user)
        with capture_events() as events:
            remove_member_of_organisation(actor=manager, membership=membership)
        assert names(events) == ["BusinessRoleChanged", "MemberRemoved"]
        assert events[0].data["role"] == ""
        removed = User.objects.get(pk=client_user.pk)
        assert (removed.is_active, removed.groups.count()) == (True, 0)
        assert list(Room.objects.visible_to(removed)) == [room]
        with refused(NotOpen):
            remove_member_of_organisation(actor=manager, membership=stale)

    def test_the_last_administrator_stays(self, manager: User, client_user: User) -> None:
        for action in (
            lambda: change_member_role(actor=manager, membership=place(manager), role=USER),
            lambda: remove_member_of_organisation(actor=manager, membership=place(manager)),
        ):
            with refused(LastAdministrator):
                action()
        change_member_role(actor=manager, membership=place(client_user), role=ADMIN)
        remove_member_of_organisation(actor=manager, membership=place(manager))
        assert not Membership.objects.filter(user=manager).exists()

    def test_only_by_who_manages_them(
        self, manager: User, client_user: User, outsider: User, consultant: User
    ) -> None:
        for actor in (client_user, outsider, consultant):
            with refused(NotAllowed):
                change_member_role(actor=actor, membership=place(manager), role=USER)
            with refused(NotAllowed):
                remove_member_of_organisation(actor=actor, membership=place(manager))


class TestMail:
    def test_brings_the_link_once(
        self, invitation: OrganisationInvitation, settings: Settings
    ) -> None:
        errand = Errand.objects.get(event__name="MemberInvited")
        run_errand(errand.pk, 0)
        mail_member_invitation(errand.event)
        (letter,) = mail.outbox
        assert (letter.to, letter.subject) == ([LENA], "Helen Brandt invites you to Northwind")
        link = f"{settings.PUBLIC_URL}/organisation/join/{invitation.token}/"
        assert link in str(letter.body)
        assert moved(invitation).status == "sent"

    def test_is_tried_again_and_given_up(
        self, invitation: OrganisationInvitation, settings: Settings, system: User, manager: User
    ) -> None:
        working = settings.EMAIL_BACKEND
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # nobody listens there
        errand = Errand.objects.get(event__name="MemberInvited")
        run_errand(errand.pk, 0)
        assert moved(invitation).status == "waiting"
        settings.EMAIL_BACKEND = working
        run_errand(errand.pk, 1)
        assert (len(mail.outbox), moved(invitation).status) == (1, "sent")
        late = moved(invitation, sent_at=None, renewed_at=timezone.now() - GIVE_UP_AFTER)
        with capture_events() as events:
            note_member_invitation_mailed(actor=system, invitation=late, is_sent=False)
        assert (names(events), moved(late).status) == (["MemberInvitationUndelivered"], "failed")
        with refused(NotAllowed):
            note_member_invitation_mailed(actor=manager, invitation=late, is_sent=True)


class TestThePage:
    def test_for_who_manages_the_people(
        self, client: Client, northwind: Organisation, manager: User, client_user: User,
        outsider: User, lone: User, staff: User,
    ) -> None:  # fmt: skip
        path = f"/organisations/{northwind.pk}/"
        for reader, status in (
            (manager, 200), (client_user, 403), (outsider, 404), (lone, 404), (staff, 200),
        ):  # fmt: skip
            client.force_login(reader)
            assert client.get(path).status_code == status
        client.force_login(manager)
        assert client.get("/organisation/")["Location"] == path
        assert 'href="/organisation/"' in client.get("/").content.decode()
        client.force_login(client_user)
        assert 'href="/organisation/"' not in client.get("/profile/").content.decode()
        client.force_login(lone)
        assert client.get("/organisation/").status_code == 403

    def test_inviting_roles_removing(
        self, client: Client, northwind: Organisation, manager: User, client_user: User
    ) -> None:
        client.force_login(manager)
        path = f"/organisations/{northwind.pk}/"
        wrong = client.post(path, {"email": client_user.email, "role": "client_user"})
        assert (wrong.status_code, "belongs to the organisation" in wrong.content.decode()) == (
            422, True,
        )  # fmt: skip
        client.post(path, {"email": LENA, "role": "client_user"})
        html = client.get(path).content.decode()
        assert f"{LENA} is invited." in html
        assert html.index("Invited") < html.rindex(LENA)
        (made,) = OrganisationInvitation.objects.all()
        moved(made, renewed_at=timezone.now() - PAUSE)
        sent = client.post(f"{path}invitations/{made.pk}/resend/", follow=True)
        assert "on its way" in sent.content.decode()
        revoked = client.post(f"{path}invitations/{made.pk}/revoke/", follow=True)
        assert "is revoked" in revoked.content.decode()
        member = f"{path}members/{client_user.pk}/"
        client.post(f"{member}role/", {"role": "client_admin"})
        assert place(client_user).role == "client_admin"
        client.post(f"{member}remove/")
        assert not Membership.objects.filter(user=client_user).exists()

    def test_who_removes_themselves_is_led_home(
        self, client: Client, northwind: Organisation, manager: User, client_user: User
    ) -> None:
        change_member_role(actor=manager, membership=place(client_user), role=ADMIN)
        client.force_login(manager)
        out = client.post(f"/organisations/{northwind.pk}/members/{manager.pk}/remove/")
        assert out["Location"] == "/"

    def test_costs_the_same_for_thirty(
        self, client: Client, northwind: Organisation, manager: User, system: User,
        django_assert_max_num_queries: DjangoAssertNumQueries,
    ) -> None:  # fmt: skip
        client.force_login(manager)
        client.get("/")
        for number in range(30):
            invite_member(
                actor=manager, organisation=northwind, email=f"p{number}@demo.test", role=USER
            )
            if number in (0, 29):
                with django_assert_max_num_queries(12):
                    client.get(f"/organisations/{northwind.pk}/")


class TestTheLink:
    def url(self, invitation: OrganisationInvitation, way: str = "") -> str:
        return f"/organisation/join/{invitation.token}/{way}"

    def test_a_new_account_joins(self, client: Client, invitation: OrganisationInvitation) -> None:
        html = client.get(self.url(invitation)).content.decode()
        assert "Helen Brandt" in html
        assert "Northwind" in html
        weak = client.post(
            self.url(invitation, "account/"), {"name": "Lena", "password1": "12345678"}
        )
        assert weak.status_code == 422
        assert client.post(self.url(invitation, "account/"), {"name": ""}).status_code == 422
        joined = client.post(self.url(invitation, "account/"), {"name": "Lena", "password1": GOOD})
        assert joined["Location"] == "/"
        assert "You belong to Northwind now." in client.get("/").content.decode()
        used = client.get(self.url(invitation))
        assert (used.status_code, used["X-Robots-Tag"]) == (404, "noindex")
        again = client.post(self.url(invitation, "account/"), {"name": "E", "password1": GOOD})
        assert again.status_code == 404

    def test_who_has_an_account_signs_in(
        self, client: Client, manager: User, northwind: Organisation, lone: User
    ) -> None:
        made = invite_member(actor=manager, organisation=northwind, email=lone.email, role=USER)
        assert "Sign in to join" in client.get(self.url(made)).content.decode()
        assert client.post(self.url(made, "accept/"))["Location"] == self.url(made)
        tried = client.post(self.url(made, "account/"), {"name": "Eve", "password1": GOOD})
        assert "Sign in to join" in tried.content.decode()
        client.post("/accounts/login/", {"login": lone.email, "password": PASSWORD})
        assert "Join Northwind" in client.get(self.url(made)).content.decode()
        assert client.post(self.url(made, "accept/"))["Location"] == "/"
        assert place(lone).organisation == northwind

    def test_others_are_told(
        self, client: Client, invitation: OrganisationInvitation, manager: User,
        northwind: Organisation, outsider: User, system: User,
    ) -> None:  # fmt: skip
        client.force_login(outsider)
        assert (
            "You are signed in as" in client.post(self.url(invitation, "accept/")).content.decode()
        )
        own = invite_member(actor=manager, organisation=northwind, email=outsider.email, role=USER)
        for answer in (client.get(self.url(own)), client.post(self.url(own, "accept/"))):
            assert "You belong to another organisation" in answer.content.decode()

    def test_a_guest_keeps_the_account(
        self, client: Client, invitation: OrganisationInvitation, system: User
    ) -> None:
        guest = guest_at(actor=system, email=LENA, name="Lena")
        for viewer in (None, guest):
            landing = member_landing(invitation.token, viewer)
            assert landing is not None
            assert landing.way == Way.KEEP
        assert "as a guest" in client.get(self.url(invitation)).content.decode()
        client.post(self.url(invitation, "account/"), {"password1": GOOD})
        assert not User.objects.get(pk=guest.pk).is_guest
        assert place(guest).role == USER


class TestTheApi:
    def test_members(self, manager: User, client_user: User, northwind: Organisation) -> None:
        client, base = signed_in(manager), f"/api/organisations/{northwind.pk}/"
        listed = client.get(f"{base}members/").json()["results"]
        assert {row["user"]["id"] for row in listed} == {str(manager.pk), str(client_user.pk)}
        member = f"{base}members/{client_user.pk}/"
        changed = client.patch(member, {"role": "client_admin"})
        assert (changed.status_code, changed.json()["role"]) == (200, "client_admin")
        assert client.get(member).json() == changed.json()
        assert client.patch(member, {"role": "client_user"}).status_code == 200
        last = client.delete(f"{base}members/{manager.pk}/")
        assert (last.status_code, last.json()["type"]) == (
            409, "urn:consultsuite:last_administrator",
        )  # fmt: skip
        assert client.delete(member).status_code == 204
        assert client.get(member).status_code == 404

    def test_invitations(self, manager: User, northwind: Organisation) -> None:
        client, base = signed_in(manager), f"/api/organisations/{northwind.pk}/invitations/"
        made = client.post(base, {"email": LENA})
        assert (made.status_code, made.json()["role"]) == (201, "client_user")
        (row,) = OrganisationInvitation.objects.all()
        assert row.nonce not in made.content.decode()
        one = f"{base}{row.pk}/"
        assert client.get(one).json() == made.json()
        assert client.get(base).json()["results"] == [made.json()]
        assert client.post(f"{one}resend/").status_code == 409
        moved(row, renewed_at=timezone.now() - PAUSE - timedelta(seconds=1))
        assert client.post(f"{one}resend/").status_code == 200
        assert client.delete(one).status_code == 204
        assert client.get(one).status_code == 404
