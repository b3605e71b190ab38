"""Static files and uploads."""

import warnings

from consultsuite.settings.environment import BASE_DIR, PRODUCTION, VAR, env

STATIC_URL = "static/"
# Elsewhere the files are served from where they are, without collecting them.
STATIC_ROOT = VAR / "static" if PRODUCTION else None
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = VAR / "media"
MEDIA_URL = "media/"
# Of one file that somebody shares.
MAX_FILE_BYTES = env.int("MAX_FILE_MEGABYTES", default=25) * 1024 * 1024
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
