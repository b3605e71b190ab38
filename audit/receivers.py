"""What the audit hears: attempts that were refused, by us and by those who check passwords."""

from typing import Any

from allauth.mfa.signals import authentication_failed
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_login_failed
from django.dispatch import receiver

from audit.actions.refusals import record_refusal
from core.refusals import Attempt, clue, refused, tell


@receiver(refused)
def keep_refusal(actor: Any, attempt: Attempt, **_: Any) -> None:
    """By `record_refusal`; where nobody is signed in, the system user stands for them."""
    record_refusal(actor=actor or get_user_model().objects.system(), attempt=attempt)


@receiver(user_login_failed)
def note_failed_sign_in(credentials: dict[str, Any], request: Any = None, **_: Any) -> None:
    """A password was wrong. Of the address that was typed only a digest is kept."""
    typed = str(credentials.get("email") or credentials.get("username") or "")
    attempt = Attempt(
        action="sign in", reason="wrong_credentials", clue=clue(typed.strip().lower())
    )
    tell(getattr(request, "user", None), attempt)


@receiver(authentication_failed)
def note_failed_second_factor(user: Any, reauthentication: bool = False, **_: Any) -> None:
    """The password was right, the second factor was not."""
    action = "reauthenticate" if reauthentication else "sign in"
    tell(user, Attempt(action=action, reason="wrong_second_factor"))
