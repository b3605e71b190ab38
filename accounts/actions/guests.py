"""People who come by a link: as guests, or with an account that the link proves to be theirs.

Where an action here is for the system user, nobody is signed in: the caller has seen a link that
was mailed to the address, which proves that the address is that person's and nothing more. What
follows from it is therefore written, and recorded, as done by the person.
"""

from django.db import transaction

from accounts.actions.people import (
    AddressTaken,
    choose_password,
    confirm_address,
    sign_up,
    update_profile,
)
from accounts.actions.takeover import forget_who_began
from accounts.events import AccountKept, GuestCame
from accounts.models import User
from accounts.queries import account_of, has_only_begun
from core.errors import NotAllowed
from core.permissions import require
from core.publish import record


@transaction.atomic
def guest_at(*, actor: User, email: str, name: str = "", timezone: str = "") -> User:
    """The guest with this address: who came before, or a new one with this name and time zone.

    For the system user only, when somebody has shown by a link that the address is theirs.
    Records `GuestCame` for a new one. Raises `AddressTaken` where there is an account already,
    `InvalidProfile`, and `NotAllowed` for a guest who was deactivated.
    """
    require(actor, "accounts.manage_all_users")
    user = account_of(email)
    if user is not None:
        if not user.is_guest:
            raise AddressTaken(field="email")
        if not user.is_active:
            raise NotAllowed
        return user
    user = sign_up(actor=actor, email=email, name=name, password=None)
    confirm_address(actor=actor, user=user)
    user.is_guest = True
    user.save(update_fields=["is_guest"])
    _keep_zone(user, timezone)
    record(GuestCame(user_id=user.pk), stream=user.stream, actor=user)
    return user


@transaction.atomic
def account_at(*, actor: User, email: str, name: str, password: str, timezone: str = "") -> User:
    """An account at an address that a link has shown to be the person's.

    A guest's account is kept, with all its history. One that waits for its address to be
    confirmed is finished, and no way in that it had works any more: somebody else may have
    begun it (`forget_who_began`). For the system user only. Records what it does; raises
    `AddressTaken`, `InvalidProfile`, and `NotAllowed` for an account that was deactivated.
    """
    require(actor, "accounts.manage_all_users")
    user = account_of(email)
    if user is None:
        user = sign_up(actor=actor, email=email, name=name, password=password)
        confirm_address(actor=actor, user=user)
        _keep_zone(user, timezone)
        return user
    if not user.is_active:
        raise NotAllowed
    if user.is_guest:
        keep_account(actor=user, password=password)
        return user
    if not has_only_begun(user):
        raise AddressTaken(field="email")
    forget_who_began(actor=user)
    update_profile(actor=user, user=user, changes={"name": name})
    choose_password(actor=user, password=password)
    confirm_address(actor=actor, user=user)
    return user


@transaction.atomic
def keep_account(*, actor: User, password: str) -> None:
    """Give one's guest account a password; from now on it is an account like others.

    Everything stays where it was. Records `AccountKept`; raises `NotAllowed` for who is no
    guest, and `InvalidProfile` for a weak password.
    """
    if not actor.is_guest:
        raise NotAllowed
    choose_password(actor=actor, password=password)
    note_kept(actor=actor)


@transaction.atomic
def note_kept(*, actor: User) -> None:
    """A guest set a password, here or by the link of allauth's mail: the account is theirs.

    Records `AccountKept`; changes nothing for others.
    """
    if User.objects.filter(pk=actor.pk, is_guest=True).update(is_guest=False):
        actor.is_guest = False
        record(AccountKept(user_id=actor.pk), stream=actor.stream, actor=actor)


def _keep_zone(user: User, timezone: str) -> None:
    if timezone:
        update_profile(actor=user, user=user, changes={"timezone": timezone})
