"""Passkeys: allauth's pages, where it would remove one that its owner must have."""

from typing import Any

from allauth.mfa.webauthn.views import RemoveWebAuthnView

from accounts.forms import RemovePasskeyForm


class RemovePasskeyView(RemoveWebAuthnView):  # type: ignore[misc]
    """The question, or why not."""

    form_class = RemovePasskeyForm

    def get_form_kwargs(self) -> dict[str, Any]:
        """A refusal is shown at once, before anybody presses a button: hence data on GET too."""
        kwargs: dict[str, Any] = super().get_form_kwargs()
        kwargs.setdefault("data", {})
        kwargs.pop("instance", None)
        return kwargs | {"authenticator": self.get_object()}


remove_passkey = RemovePasskeyView.as_view()
