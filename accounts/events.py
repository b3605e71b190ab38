"""What happens to people and organisations. Stream: ``user:<id>`` of the person concerned."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from core.events import DomainEvent


@dataclass(frozen=True, kw_only=True)
class PersonSignedUp(DomainEvent):
    """An account was made."""

    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class GuestCame(DomainEvent):
    """Somebody came by an invitation's link, without making an account."""

    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class AccountKept(DomainEvent):
    """A guest made the account their own, by giving it a password."""

    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class ProfileChanged(DomainEvent):
    """Somebody changed their profile; ``fields`` names what changed, not the values."""

    user_id: UUID
    fields: list[str]


@dataclass(frozen=True, kw_only=True)
class BusinessRoleChanged(DomainEvent):
    """Somebody joined an organisation or changed role in it; an empty role means left."""

    user_id: UUID
    organisation_id: UUID
    role: str


@dataclass(frozen=True, kw_only=True)
class OrganisationAdded(DomainEvent):
    """An organisation was made. Stream: ``organisation:<id>``."""

    organisation_id: UUID
    name: str


@dataclass(frozen=True, kw_only=True)
class OrganisationRenamed(DomainEvent):
    """An organisation got another name. Stream: ``organisation:<id>``."""

    organisation_id: UUID
    name: str


@dataclass(frozen=True, kw_only=True)
class MemberInvited(DomainEvent):
    """Somebody was invited into an organisation; the mail follows. Stream: ``organisation:<id>``,
    as of the following."""

    invitation_id: UUID
    role: str


@dataclass(frozen=True, kw_only=True)
class MemberInvitationRenewed(DomainEvent):
    """The link of an invitation was replaced by a new one; the mail follows."""

    invitation_id: UUID


@dataclass(frozen=True, kw_only=True)
class MemberInvitationUndelivered(DomainEvent):
    """No mail server took the mail with the link of an invitation."""

    invitation_id: UUID


@dataclass(frozen=True, kw_only=True)
class MemberInvitationRevoked(DomainEvent):
    """An invitation was taken back; its link works no more."""

    invitation_id: UUID


@dataclass(frozen=True, kw_only=True)
class MemberJoined(DomainEvent):
    """Somebody joined by the link of an invitation."""

    invitation_id: UUID
    user_id: UUID
    role: str


@dataclass(frozen=True, kw_only=True)
class MemberRoleChanged(DomainEvent):
    """Somebody has another role in the organisation."""

    user_id: UUID
    role: str


@dataclass(frozen=True, kw_only=True)
class MemberRemoved(DomainEvent):
    """Somebody belongs to the organisation no more."""

    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class ApiTokenCreated(DomainEvent):
    """An API token was made for the person."""

    user_id: UUID
    token_id: UUID
    scope: str


@dataclass(frozen=True, kw_only=True)
class SignedIn(DomainEvent):
    """Somebody signed in; ``method``: password, token, link."""

    user_id: UUID
    method: str


@dataclass(frozen=True, kw_only=True)
class AddressConfirmed(DomainEvent):
    """An e-mail address of the person was confirmed; by its mail or by an administrator."""

    user_id: UUID
    address_id: int


@dataclass(frozen=True, kw_only=True)
class AddressAdded(DomainEvent):
    """The person named one more e-mail address, which is still to be confirmed."""

    user_id: UUID
    address_id: int


@dataclass(frozen=True, kw_only=True)
class AddressRemoved(DomainEvent):
    """The person removed one of their e-mail addresses."""

    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class MainAddressChanged(DomainEvent):
    """We write to another of the person's e-mail addresses from now on."""

    user_id: UUID
    address_id: int


@dataclass(frozen=True, kw_only=True)
class PasswordChanged(DomainEvent):
    """The person has another password, or a first one."""

    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class StaffAppointed(DomainEvent):
    """Somebody may do everything in the admin from now on."""

    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class PersonDeactivated(DomainEvent):
    """Somebody cannot sign in any more."""

    revokes: ClassVar[str | None] = "user_id"
    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class PersonActivated(DomainEvent):
    """Somebody can sign in again."""

    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class ApiTokenRevoked(DomainEvent):
    """An API token works no more; ``session`` is its digest."""

    ends: ClassVar[str | None] = "session"
    user_id: UUID
    token_id: UUID
    session: str


@dataclass(frozen=True, kw_only=True)
class SignedOut(DomainEvent):
    """Somebody signed out in a browser; ``session`` is the digest of the session that ended."""

    ends: ClassVar[str | None] = "session"
    user_id: UUID
    session: str


@dataclass(frozen=True, kw_only=True)
class SessionEnded(DomainEvent):
    """A session of the person was ended from elsewhere; ``session`` is its digest."""

    ends: ClassVar[str | None] = "session"
    user_id: UUID
    session: str


@dataclass(frozen=True, kw_only=True)
class RecoveryCodeUsed(DomainEvent):
    """The person proved who they are by a recovery code; ``left`` of them are left."""

    user_id: UUID
    left: int


@dataclass(frozen=True, kw_only=True)
class SecondFactorAdded(DomainEvent):
    """The person signs in with one more thing; ``kind`` is ``totp`` or ``webauthn``."""

    user_id: UUID
    kind: str


@dataclass(frozen=True, kw_only=True)
class SecondFactorRemoved(DomainEvent):
    """An authenticator app or a passkey no longer signs the person in."""

    user_id: UUID
    kind: str


@dataclass(frozen=True, kw_only=True)
class RecoveryCodesMade(DomainEvent):
    """The person has new recovery codes; earlier ones no longer work."""

    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class ProviderConnected(DomainEvent):
    """The person signs in with an account elsewhere as well; ``provider``: google, microsoft."""

    user_id: UUID
    provider: str


@dataclass(frozen=True, kw_only=True)
class ProviderDisconnected(DomainEvent):
    """An account elsewhere no longer signs the person in; ``provider`` says which."""

    user_id: UUID
    provider: str


@dataclass(frozen=True, kw_only=True)
class NewDeviceSeen(DomainEvent):
    """Somebody signed in with a device not seen before; they get a mail about it."""

    user_id: UUID
    device_id: UUID
