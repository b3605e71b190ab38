"""Static files and uploads."""

import warnings

from consultsuite.settings.environment import BASE_DIR, PRODUCTION, VAR

STATIC_URL = "static/"
# Elsewhere the files are served from where they are, without collecting them.
STATIC_ROOT = VAR / "static" if PRODUCTION else None
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = VAR / "media"
MEDIA_URL = "media/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = not PRODUCTION

# WhiteNoise answers with files, which are read in a thread: right, and said on every start.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous")
