"""What browsers and clients may do: policies, cookies, limits."""

from ipaddress import ip_network

from csp.constants import NONCE, NONE, SELF, STRICT_DYNAMIC
from django.core.exceptions import ImproperlyConfigured

from consultsuite.settings.environment import SECURE, env
from consultsuite.settings.files import MAX_FILE_BYTES
from consultsuite.settings.providers import SIGN_IN_ORIGINS

try:
    # Who may say for whom a request comes, and whether by https (core.addresses).
    TRUSTED_PROXIES = [
        ip_network(proxy.strip(), strict=False) for proxy in env.list("TRUSTED_PROXIES", default=[])
    ]
except ValueError as error:
    raise ImproperlyConfigured(f"TRUSTED_PROXIES: {error}.") from None

# Where browsers say what the policy refused (core.violations).
REPORTS = "/reports/"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        # Only what our own pages name, and what that loads: not even another file of this host.
        "script-src": [NONCE, STRICT_DYNAMIC],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF, *SIGN_IN_ORIGINS],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
        "report-uri": REPORTS,
        "report-to": "policy",
    }
}
# core.middleware.PolicyHeadersMiddleware
POLICY_HEADERS = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(
        [
            *(f"{feature}=(self)" for feature in ("camera", "microphone", "display-capture")),
            "fullscreen=(self)",
            "publickey-credentials-get=(self)",
            "publickey-credentials-create=(self)",
            *(
                f"{feature}=()"
                for feature in (
                    "accelerometer",
                    "autoplay",
                    "browsing-topics",
                    "geolocation",
                    "gyroscope",
                    "magnetometer",
                    "midi",
                    "payment",
                    "serial",
                    "usb",
                    "xr-spatial-tracking",
                )
            ),
        ]
    ),
    "Reporting-Endpoints": f'policy="{REPORTS}"',
}
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_SSL_REDIRECT = SECURE
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_HSTS_PRELOAD = SECURE
SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$"]
# With this prefix browsers take the cookie over https alone, from this very host alone.
_PREFIX = "__Host-" if SECURE else ""
SESSION_COOKIE_NAME = f"{_PREFIX}sessionid"
CSRF_COOKIE_NAME = f"{_PREFIX}csrftoken"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = SECURE
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = SECURE
CSRF_FAILURE_VIEW = "core.views.csrf_failure"
X_FRAME_OPTIONS = "DENY"
# A whole request with its files (core.sizes); then its fields, in bytes and in number.
MAX_REQUEST_BYTES = 12 * 1024 * 1024
MAX_UPLOAD_BYTES = MAX_FILE_BYTES + 1024 * 1024
UPLOAD_PATHS = frozenset({"/api/files/upload/"})
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
DATA_UPLOAD_MAX_NUMBER_FILES = 20
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
