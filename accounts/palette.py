"""What the command palette offers of one's own account."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse

from core.palette import Destination, matching, offers


@offers
def account(actor: Any, words: list[str]) -> Iterable[Destination]:
    """Profile and settings; beyond the profile only when words ask for them."""
    pages = [Destination("Profile", reverse("accounts:profile"), "user", also="settings name me")]
    if actor.is_guest:
        keep = reverse("accounts:keep")
        pages.append(Destination("Keep your account", keep, "key-round", also="password settings"))
    elif words:
        pages += [
            Destination(
                "E-mail addresses", reverse("account_email"), "mail", also="email mail settings"
            ),
            Destination(
                "Change the password",
                reverse("account_change_password"),
                "key-round",
                also="password settings",
            ),
            Destination(
                "Two-step sign-in",
                reverse("mfa_index"),
                "shield-check",
                also="2fa mfa passkey authenticator recovery codes security settings",
            ),
            Destination(
                "API tokens",
                reverse("accounts:tokens"),
                "terminal",
                also="programs developers settings",
            ),
        ]
    if words:
        pages += [
            Destination(
                "Where you are signed in",
                reverse("accounts:sessions"),
                "laptop",
                also="sessions browsers devices settings",
            ),
            Destination(
                "Change the theme", "", "moon", also="dark light mode", does="theme-toggle"
            ),
            Destination("Sign out", reverse("account_logout"), "log-out", also="log logout out"),
        ]
    return matching(pages, words)
