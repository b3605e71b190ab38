"""Somebody proves an address with which an account was begun: whoever began it is gone."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db import transaction

from accounts.actions.addresses import record_address_removed
from accounts.actions.providers import record_provider_disconnected
from accounts.actions.second_factors import record_second_factor_removed
from accounts.actions.sessions import end_other_sessions
from accounts.actions.tokens import revoke_token
from accounts.models import ApiToken, KnownDevice, User
from accounts.queries import has_only_begun


@transaction.atomic
def forget_who_began(*, actor: User) -> None:
    """Part of other actions, which have seen that the actor's address is the actor's.

    An address is anybody's until it is proven: whoever began the account with it, by a form or a
    provider, may be somebody else, and must find no way in. Providers' accounts, second factors,
    tokens, sessions, devices and other addresses go; the password is the caller's to replace.
    Records what each of these records. Changes nothing for an account that more than began.
    """
    if not has_only_begun(actor):
        return
    for account in SocialAccount.objects.filter(user=actor):
        account.delete()
        record_provider_disconnected(actor=actor, provider=account.provider)
    for factor in Authenticator.objects.filter(user=actor):
        factor.delete()
        record_second_factor_removed(actor=actor, factor=factor)
    for address in EmailAddress.objects.filter(user=actor).exclude(email__iexact=actor.email):
        address.delete()
        record_address_removed(actor=actor, address=address)
    for token in ApiToken.objects.filter(user=actor):
        revoke_token(actor=actor, token=token)
    end_other_sessions(actor=actor, user=actor)
    KnownDevice.objects.filter(user=actor).delete()


@transaction.atomic
def begin_anew(*, actor: User) -> None:
    """The same, and the password works no more: somebody else may have chosen it.

    Records what `forget_who_began` does.
    """
    forget_who_began(actor=actor)
    actor.set_unusable_password()
    actor.save(update_fields=["password"])
