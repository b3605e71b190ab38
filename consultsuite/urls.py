"""The URL map: pages of the apps, the API, health, the admin."""

from allauth.account import views as account_views
from allauth.mfa.base import views as mfa_views
from allauth.mfa.recovery_codes.views import generate_recovery_codes, view_recovery_codes
from allauth.mfa.totp.views import activate_totp, deactivate_totp
from allauth.mfa.webauthn import views as webauthn_views
from allauth.socialaccount import views as provider_views
from django.contrib import admin
from django.urls import include, path
from django.views.decorators.cache import never_cache
from django.views.generic import RedirectView

from accounts.views import passkeys, providers
from accounts.views.confirmation import LookInYourInbox
from accounts.views.written import factors_written, written
from core import views as core_views

# What these write and its events are one transaction. By their names limits and guests are told.
WRITTEN = [
    path(f"accounts/{route}", view, name=name)
    for route, view, name in (
        ("email/", written(account_views.email), "account_email"),
        ("reauthenticate/", written(account_views.reauthenticate), "account_reauthenticate"),
        ("2fa/reauthenticate/", written(mfa_views.reauthenticate), "mfa_reauthenticate"),
        (
            "2fa/webauthn/reauthenticate/",
            written(webauthn_views.reauthenticate_webauthn),
            "mfa_reauthenticate_webauthn",
        ),
        ("2fa/webauthn/add/", factors_written(webauthn_views.add_webauthn), "mfa_add_webauthn"),
        (
            "2fa/webauthn/keys/<int:pk>/remove/",
            written(passkeys.remove_passkey),
            "mfa_remove_webauthn",
        ),
        (
            "2fa/recovery-codes/generate/",
            factors_written(generate_recovery_codes),
            "mfa_generate_recovery_codes",
        ),
        # What is shown once must not come back from the browser's cache.
        (
            "2fa/totp/activate/",
            never_cache(factors_written(activate_totp)),
            "mfa_activate_totp",
        ),
        ("2fa/totp/deactivate/", written(deactivate_totp), "mfa_deactivate_totp"),
        ("3rdparty/", written(provider_views.connections), "socialaccount_connections"),
    )
]

urlpatterns = [
    # Looked through in this order: what is asked for most comes first.
    path("api/", include("consultsuite.api_urls")),
    path("", include("messaging.urls")),
    path("", include("rooms.urls")),
    path("", include("files.urls")),
    path("", include("accounts.urls")),
    path("", include("audit.urls")),
    path(
        "accounts/confirm-email/",
        LookInYourInbox.as_view(),
        name="account_email_verification_sent",
    ),
    *WRITTEN,
    path("accounts/", include("allauth.account.urls")),
    # The keys are listed on the one page about two-step sign-in.
    path("accounts/2fa/webauthn/", RedirectView.as_view(pattern_name="mfa_index")),
    # What is shown once must not come back from the browser's cache.
    path("accounts/2fa/recovery-codes/", never_cache(view_recovery_codes)),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("accounts/3rdparty/", include("allauth.socialaccount.urls")),
    # By these names allauth finds them.
    path("accounts/oidc/<str:provider_id>/login/", providers.go, name="openid_connect_login"),
    path(
        "accounts/oidc/<str:provider_id>/login/callback/",
        providers.back,
        name="openid_connect_callback",
    ),
    path("go/", core_views.go, name="go"),
    path("reports/", core_views.reports, name="reports"),
    path("healthz", core_views.healthz, name="healthz"),
    path("readyz", core_views.readyz, name="readyz"),
    path("admin/", admin.site.urls),
]

handler400 = "core.views.bad_request"
handler403 = "core.views.permission_denied"
handler404 = "core.views.not_found"
handler429 = "accounts.views.limits.too_many_requests"  # allauth's
handler500 = "core.views.server_error"
