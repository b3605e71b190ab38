"""Reading people and organisations."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import (
    ApiToken,
    BusinessRole,
    KnownDevice,
    Membership,
    Organisation,
    OrganisationInvitation,
    User,
)
from accounts.models.organisation import ADMINISTRATORS, CONSULTANT_ROLES
from audit.queries import Listing
from core.permissions import SECOND_FACTORS, has_permission


def people() -> QuerySet[User]:
    """Everybody who can sign in, with their organisation."""
    return User.objects.filter(is_active=True, is_system=False).select_related(
        "membership__organisation"
    )


ACCOUNTS = Listing(
    kind="accounts",
    permission="accounts.manage_all_users",
    title="the list of accounts, with yours in it",
)


def everybody(text: str = "") -> QuerySet[User]:
    """All accounts, deactivated ones too, whose name or address contains the text."""
    found = User.objects.filter(is_system=False).select_related("membership__organisation")
    if text:
        found = found.filter(Q(name__icontains=text) | Q(email__icontains=text))
    return found


def is_empty() -> bool:
    """True while there is nobody but the system user."""
    return not User.objects.filter(is_system=False).exists()


def person_by_email(email: str) -> User | None:
    """The active person with this address, whatever its case."""
    return people().filter(email__iexact=email.strip()).first()


def account_of(email: str) -> User | None:
    """Who has confirmed the address, else who has begun to sign up with it; also inactive."""
    email = email.strip()
    confirmed = EmailAddress.objects.filter(email__iexact=email, verified=True)
    owner = User.objects.filter(pk__in=confirmed.values("user")).first()
    return owner or User.objects.filter(email__iexact=email, is_system=False).first()


def is_only_named(email: str) -> bool:
    """Whether people have added the address to their accounts and none has shown that it is theirs.

    It is taken by nobody then.
    """
    return account_of(email) is None and EmailAddress.objects.filter(email__iexact=email).exists()


def has_only_begun(user: User) -> bool:
    """Whether somebody signed up and neither confirmed the address nor ever came in.

    Whoever proves that the address is theirs may then finish the account, or begin it anew.
    """
    return (
        user.is_active
        and user.last_login is None
        and not (user.is_staff or user.is_guest or owns_address(user, user.email))
    )


def has_no_way_in(user: User) -> bool:
    """Whether nothing signs the person in but a new password."""
    if user.has_usable_password() or user.is_guest:
        return False
    return not SocialAccount.objects.filter(user=user).exists()


def owns_address(user: User, email: str) -> bool:
    """Whether the address is confirmed to be the person's."""
    own = EmailAddress.objects.filter(user=user, email__iexact=email, verified=True)
    return bool(own.exists())


def who_can_be_added(email: str) -> User | None:
    """The active person with an account of their own and this address, confirmed.

    Everybody else is invited: an address that nobody has confirmed proves nobody, and a guest
    has no way in but a link.
    """
    email = email.strip()
    user = account_of(email)
    if user is None or user.is_guest or not user.is_active or not owns_address(user, email):
        return None
    return user


def own_address(user: User) -> EmailAddress | None:
    """The person's address with whether it is confirmed; None for accounts made in the admin."""
    return EmailAddress.objects.filter(user=user, email__iexact=user.email).first()


def business_role(user: User) -> str:
    """The person's role in their organisation, empty when they belong to none."""
    membership = getattr(user, "membership", None)
    return membership.role if membership else ""


def is_consultant(user: User) -> bool:
    """A consultant is an internal engineer or an internal project manager."""
    return business_role(user) in CONSULTANT_ROLES


def organisation_name(user: User) -> str:
    """The name of the person's organisation, or empty."""
    membership = getattr(user, "membership", None)
    return membership.organisation.name if membership else ""


def is_client(user: User) -> bool:
    """Somebody of a client's organisation, or of none yet."""
    return business_role(user) in {"", BusinessRole.CLIENT_USER, BusinessRole.CLIENT_ADMIN}


def picture_named(name: str) -> bytes | None:
    """The bytes of somebody's present picture with this file name, a few kilobytes; else None."""
    person = User.objects.filter(picture=f"pictures/{name}").first()
    if person is None:
        return None
    try:
        with person.picture.open() as file:
            content: bytes = file.read()
    except FileNotFoundError:
        return None
    return content


def live_sessions() -> QuerySet[UserSession]:
    """Everybody's sessions in browsers that go on."""
    sessions: QuerySet[UserSession] = UserSession.objects.filter(session_key__in=_live_keys())
    return sessions


def sessions_of(user: User) -> QuerySet[UserSession]:
    """Where the person is signed in by a browser, the one used last first."""
    return live_sessions().filter(user=user).order_by("-last_seen_at", "-pk")


def ended_sessions() -> QuerySet[UserSession]:
    """Rows of sessions that are over: they expired, or something else ended them."""
    sessions: QuerySet[UserSession] = UserSession.objects.exclude(session_key__in=_live_keys())
    return sessions


def _live_keys() -> QuerySet[Session, str]:
    return Session.objects.filter(expire_date__gt=timezone.now()).values_list(
        "session_key", flat=True
    )


def factors_of(user: User) -> list[int]:
    """The ids of what stands in for the person beside the password, recovery codes too."""
    return list(Authenticator.objects.filter(user=user).values_list("pk", flat=True))


def is_last_needed_factor(authenticator: Authenticator) -> bool:
    """True if somebody who must have a second factor would be left without one."""
    if not settings.STAFF_MFA_REQUIRED or not authenticator.user.needs_second_factor:
        return False
    factors = Authenticator.objects.filter(user_id=authenticator.user_id, type__in=SECOND_FACTORS)
    return not factors.exclude(pk=authenticator.pk).exists()


def tokens_of(user: User) -> QuerySet[ApiToken]:
    """The person's API tokens that work, the newest first."""
    works = Q(expiry__isnull=True) | Q(expiry__gt=timezone.now())
    tokens: QuerySet[ApiToken] = ApiToken.objects.filter(works, user=user)
    return tokens.order_by("-created", "pk")


def expired_tokens() -> QuerySet[ApiToken]:
    """Everybody's that work no more."""
    tokens: QuerySet[ApiToken] = ApiToken.objects.filter(expiry__lte=timezone.now())
    return tokens


DEVICE_KEPT = timedelta(days=400)
"""The longest that browsers keep a cookie."""


def forgotten_devices() -> QuerySet[KnownDevice]:
    """Those that nobody has signed in with for so long that their mark is gone."""
    return KnownDevice.objects.filter(last_seen_at__lt=timezone.now() - DEVICE_KEPT)


def administers(user: User, organisation: Organisation) -> bool:
    """Whether the person manages the people of this organisation: their own, or every one."""
    if has_permission(user, "accounts.manage_all_users"):
        return True
    if not has_permission(user, "accounts.manage_account_users"):
        return False
    return Membership.objects.filter(user=user, organisation=organisation).exists()


def organisations_seen_by(user: User) -> QuerySet[Organisation]:
    """One's own; for who manages all people, every one."""
    if has_permission(user, "accounts.manage_all_users"):
        return Organisation.objects.all()
    return Organisation.objects.filter(memberships__user=user)


def members_of(organisation: Organisation) -> QuerySet[Membership]:
    """Who belongs to it."""
    return Membership.objects.filter(organisation=organisation).select_related(
        "user", "organisation"
    )


def member_by_email(organisation: Organisation, email: str) -> Membership | None:
    """The member whose confirmed or main address this is."""
    owner = account_of(email)
    return members_of(organisation).filter(user=owner).first() if owner else None


def member_invitations(organisation: Organisation) -> QuerySet[OrganisationInvitation]:
    """Those that nobody has accepted or revoked, also the expired; a bounded number."""
    rows = OrganisationInvitation.objects.open().filter(organisation=organisation)
    return rows.select_related("invited_by", "organisation")


def waiting_member_invitation(invitation_id: UUID) -> OrganisationInvitation | None:
    """The invitation, if its link is still to be mailed."""
    waiting = OrganisationInvitation.objects.waiting().filter(pk=invitation_id)
    return waiting.select_related("organisation", "invited_by").first()


class Way(StrEnum):
    """How the holder of an organisation's link can join."""

    NEW = "new"  # nobody has the address, or nobody has confirmed it: with a new account
    KEEP = "keep"  # the address is a guest's: by keeping the account
    SIGN_IN = "sign_in"  # the address belongs to an account
    OWN = "own"  # signed in, with the invited address
    OTHER = "other"  # signed in, with another address
    ELSEWHERE = "elsewhere"  # signed in, and belongs to another organisation


@dataclass(frozen=True)
class MemberLanding:
    """An invitation whose link works, and the way in for who looks at it."""

    invitation: OrganisationInvitation
    way: Way


def member_landing(token: str, viewer: User | None) -> MemberLanding | None:
    """What a link leads to; None if it does not work, for whatever reason. Changes nothing."""
    found = OrganisationInvitation.objects.of_link(token)
    invitation = found.select_related("organisation", "invited_by").first()
    if invitation is None or not invitation.is_link(token):
        return None
    return MemberLanding(invitation, _way_in(invitation, viewer))


def _way_in(invitation: OrganisationInvitation, viewer: User | None) -> Way:
    if viewer is not None:
        if not owns_address(viewer, invitation.email):
            return Way.OTHER
        if viewer.is_guest:
            return Way.KEEP
        elsewhere = Membership.objects.filter(user=viewer)
        is_elsewhere = elsewhere.exclude(organisation=invitation.organisation_id).exists()
        return Way.ELSEWHERE if is_elsewhere else Way.OWN
    account = account_of(invitation.email)
    if account is None or has_only_begun(account):
        return Way.NEW
    return Way.KEEP if account.is_guest else Way.SIGN_IN


def is_last_administrator(membership: Membership) -> bool:
    """True if nobody else administers the organisation. Needs its lock to stay so."""
    others = Membership.objects.filter(
        organisation=membership.organisation_id, role=membership.role, user__is_active=True
    )
    return membership.role in ADMINISTRATORS and not others.exclude(pk=membership.pk).exists()
