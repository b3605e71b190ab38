"""People, organisations, memberships."""

from accounts.models.organisation import BusinessRole, Membership, Organisation
from accounts.models.user import User

__all__ = ["BusinessRole", "Membership", "Organisation", "User"]
