"""What the invitations of every kind have in common: their links begin, are mailed, are used."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.models import Invitation, User
from accounts.models.invitation import GIVE_UP_AFTER, new_nonce
from accounts.queries import owns_address
from core.errors import ActionError, Conflict, NotAllowed


class LinkOver(ActionError):
    """The link does not work: used, replaced, revoked, expired, or never ours. Nobody learns
    which."""

    status = 404
    code = "link_over"
    detail = "This link does not work any more. Ask for a new one."


class OtherAddress(NotAllowed):
    """Signed in, but the invitation is for somebody else's address."""

    code = "other_address"
    detail = "This invitation is for another address than yours. Sign out to accept it."


class AlreadyInvited(Conflict):
    """An invitation of this address is open."""

    code = "already_invited"
    detail = "There is an open invitation for this address. Send it again from the list."


class TooManyInvitations(Conflict):
    """More open invitations than anybody could mean."""

    code = "too_many_invitations"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"At most {limit} invitations can be open at a time. Revoke some first.", field="email"
        )


class OnItsWay(Conflict):
    """The mail has only just been sent."""

    code = "on_its_way"
    detail = "The mail was sent a moment ago. Wait a minute before you send it again."


class NotOpen(Conflict):
    """The invitation was accepted or revoked meanwhile."""

    code = "not_open"
    detail = "This invitation is not open any more. Reload the page to see how it stands."


@transaction.atomic
def renew_link(*, actor: User, invitation: Invitation, expires_at: datetime) -> None:
    """Part of other actions, which hold the row's lock: end the present link, begin another.

    The new one waits to be mailed. Raises `OnItsWay` within a minute of the last one.
    """
    if invitation.nonce and invitation.is_recent:
        raise OnItsWay
    invitation.nonce = new_nonce()
    invitation.renewed_at = timezone.now()
    invitation.expires_at = expires_at
    invitation.sent_at = invitation.failed_at = None
    invitation.save(update_fields=["nonce", "renewed_at", "expires_at", "sent_at", "failed_at"])


@transaction.atomic
def use_link(*, actor: User, invitation: Invitation, token: str) -> None:
    """Part of accepting, with the row's lock: the link works for this once.

    ``actor`` is the system user where somebody comes who is not signed in; anybody else must
    have the address. Raises `LinkOver`, `OtherAddress`.
    """
    if not invitation.is_link(token):
        raise LinkOver
    if not actor.is_system and not owns_address(actor, invitation.email):
        raise OtherAddress
    invitation.nonce = ""
    invitation.save(update_fields=["nonce"])


@transaction.atomic
def end_link(*, actor: User, invitation: Invitation) -> bool:
    """Part of revoking, with the row's lock: the link works no more.

    False if it was revoked already. Raises `NotOpen` for an invitation that was accepted.
    """
    if invitation.revoked_at is not None:
        return False
    if not invitation.is_open:
        raise NotOpen
    invitation.revoked_at = timezone.now()
    invitation.nonce = ""
    invitation.save(update_fields=["revoked_at", "nonce"])
    return True


@transaction.atomic
def note_mailed(*, actor: User, invitation: Invitation, is_sent: bool) -> bool:
    """Part of other actions: keep that the link was mailed; or, long after it began, that it
    cannot be.

    False if nothing changed: another link took its place, or there is time to try again.
    """
    if not is_sent and invitation.renewed_at > timezone.now() - GIVE_UP_AFTER:
        return False
    field = "sent_at" if is_sent else "failed_at"
    same = type(invitation)._default_manager.filter(pk=invitation.pk, nonce=invitation.nonce)
    return bool(same.update(**{field: timezone.now()}))
