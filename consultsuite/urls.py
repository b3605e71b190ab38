"""The URL map: pages of the apps, the API, health, the admin."""

from allauth.mfa.recovery_codes.views import view_recovery_codes
from allauth.mfa.totp.views import activate_totp
from django.contrib import admin
from django.urls import include, path
from django.views.decorators.cache import never_cache
from django.views.generic import RedirectView

from accounts.views import passkeys, providers
from accounts.views.confirmation import LookInYourInbox
from core import views as core_views

urlpatterns = [
    path("", include("rooms.urls")),
    path("", include("messaging.urls")),
    path("", include("accounts.urls")),
    path("", include("audit.urls")),
    path(
        "accounts/confirm-email/",
        LookInYourInbox.as_view(),
        name="account_email_verification_sent",
    ),
    path("accounts/", include("allauth.account.urls")),
    # The keys are listed on the one page about two-step sign-in.
    path("accounts/2fa/webauthn/", RedirectView.as_view(pattern_name="mfa_index")),
    path("accounts/2fa/webauthn/keys/<int:pk>/remove/", passkeys.remove_passkey),
    # What is shown once must not come back from the browser's cache.
    path("accounts/2fa/recovery-codes/", never_cache(view_recovery_codes)),
    path("accounts/2fa/totp/activate/", never_cache(activate_totp)),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("accounts/3rdparty/", include("allauth.socialaccount.urls")),
    # By these names allauth finds them.
    path("accounts/oidc/<str:provider_id>/login/", providers.go, name="openid_connect_login"),
    path(
        "accounts/oidc/<str:provider_id>/login/callback/",
        providers.back,
        name="openid_connect_callback",
    ),
    path("api/", include("consultsuite.api_urls")),
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
