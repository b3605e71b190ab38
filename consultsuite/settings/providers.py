"""Signing in with an account at Google or Microsoft, where the house has registered there.

Both by OpenID Connect with PKCE. Nothing of theirs is kept but who it is: no access token.
"""

from typing import Any

from django.core.exceptions import ImproperlyConfigured

from consultsuite.settings.environment import env


def _app(
    provider_id: str, name: str, client_id: str, secret: str, server_url: str, **more: Any
) -> dict[str, Any]:
    return {
        "provider_id": provider_id,
        "name": name,
        "client_id": client_id,
        "secret": secret,
        # The ID token says who it is; nothing else is asked of the provider.
        "settings": {
            "server_url": server_url,
            "oauth_pkce_enabled": True,
            "fetch_userinfo": False,
            **more,
        },
    }


def _google() -> list[dict[str, Any]]:
    client_id, secret = _values("GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET")
    if not client_id:
        return []
    # Only Google lets people into accounts that have the same address, and only where it speaks
    # for the address (accounts.adapter.ProviderAdapter).
    return [
        _app(
            "google", "Google", client_id, secret,
            "https://accounts.google.com", email_authentication=True,
        )
    ]  # fmt: skip


def _microsoft() -> list[dict[str, Any]]:
    names = ("MICROSOFT_CLIENT_ID", "MICROSOFT_CLIENT_SECRET", "MICROSOFT_TENANT")
    client_id, secret, tenant = _values(*names)
    if not client_id:
        return []
    if tenant in {"common", "organizations"}:
        raise ImproperlyConfigured(
            "MICROSOFT_TENANT must be one tenant: any other would let every company's "
            "administrator say who signs in here."
        )
    server_url = f"https://login.microsoftonline.com/{tenant}/v2.0"
    return [_app("microsoft", "Microsoft", client_id, secret, server_url)]


def _values(*names: str) -> list[str]:
    """All of them, or none; half of them is a mistake."""
    values = [env.str(name, default="") for name in names]
    if any(values) and not all(values):
        raise ImproperlyConfigured(f"Set {', '.join(names)}, or none of them.")
    return values


_apps = [*_google(), *_microsoft()]

# Where a form of ours may end: browsers count the redirect to the provider as part of it.
SIGN_IN_ORIGINS = [
    "/".join(app["settings"]["server_url"].split("/")[:3]) for app in _apps
]  # the pages where people sign in are on the same host

SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": _apps}}
SOCIALACCOUNT_ADAPTER = "accounts.adapter.ProviderAdapter"
SOCIALACCOUNT_FORMS = {"signup": "accounts.forms.ProviderSignupForm"}
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
