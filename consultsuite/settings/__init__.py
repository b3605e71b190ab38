"""All settings, read from the environment only; `.env.example` documents each variable.

Each module holds one subject; `environment` says where this runs and what it was told.
"""

from consultsuite.settings.api import *
from consultsuite.settings.audit import *
from consultsuite.settings.data import *
from consultsuite.settings.environment import *
from consultsuite.settings.files import *
from consultsuite.settings.limits import *
from consultsuite.settings.logs import *
from consultsuite.settings.mail import *
from consultsuite.settings.people import *
from consultsuite.settings.providers import *
from consultsuite.settings.safety import *
from consultsuite.settings.sockets import *

INSTALLED_APPS = [
    # Its `runserver` speaks WebSocket; nothing else needs it.
    *(["daphne"] if DEBUG else []),
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.usersessions",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "channels",
    "csp",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "guardian",
    "knox",
    "rest_framework",
    "core",
    "audit",
    "accounts",
    "files",
    "messaging",
    "rooms",
]

MIDDLEWARE = [
    "core.middleware.PolicyHeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "core.middleware.ContentPolicyMiddleware",
    "core.middleware.AdminPolicyMiddleware",
    "core.middleware.SizeLimitMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "core.middleware.CrowdedMiddleware",
    # Pages shrink to a quarter. Tokens in them are masked anew each time, and Django pads the
    # length at random, so that it tells nothing (BREACH).
    "core.middleware.CompressionMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "core.middleware.PersonMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "core.middleware.RequestContextMiddleware",
    "accounts.middleware.TimeZoneMiddleware",
    "audit.middleware.AdminSessionMiddleware",
    "accounts.middleware.SessionSeenMiddleware",
    "accounts.middleware.StaffSecondFactorMiddleware",
    "accounts.middleware.GuestMiddleware",
]

ROOT_URLCONF = "consultsuite.urls"
ASGI_APPLICATION = "consultsuite.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "core.context.page",
            ],
            "builtins": ["core.templatetags.suite"],
        },
    }
]

FORM_RENDERER = "core.forms.Renderer"

LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", "English")]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
