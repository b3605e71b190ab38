"""People, organisations, memberships, invitations."""

from accounts.models.device import KnownDevice
from accounts.models.invitation import Invitation, OrganisationInvitation
from accounts.models.organisation import BusinessRole, Membership, Organisation
from accounts.models.token import ApiToken, Scope
from accounts.models.user import User

__all__ = [
    "ApiToken",
    "BusinessRole",
    "Invitation",
    "KnownDevice",
    "Membership",
    "Organisation",
    "OrganisationInvitation",
    "Scope",
    "User",
]
