"""Static files and uploads."""

from typing import Any

from consultsuite.settings.environment import BASE_DIR, PRODUCTION, VAR, env

STATIC_URL = "static/"
# Elsewhere the files are served from where they are, without collecting them.
STATIC_ROOT = VAR / "static" if PRODUCTION else None
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = VAR / "media"
MEDIA_URL = "media/"
# Of one file that somebody shares.
MAX_FILE_BYTES = env.int("MAX_FILE_MEGABYTES", default=25) * 1024 * 1024


def _object_storage(bucket: str) -> dict[str, Any]:
    """S3, or what speaks as S3 does. Nobody but us reads there: files leave through the product."""
    from botocore.config import Config  # not for those who need none

    endpoint = env.str("S3_ENDPOINT_URL", default="") or None
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": bucket,
            "access_key": env.str("S3_ACCESS_KEY_ID", default="") or None,
            "secret_key": env.str("S3_SECRET_ACCESS_KEY", default="") or None,
            "region_name": env.str("S3_REGION", default="") or None,
            "endpoint_url": endpoint,
            "default_acl": None,  # the bucket's own, which is private
            "file_overwrite": True,  # every name is new: nothing needs to be asked before
            "max_memory_size": 1024 * 1024,  # what is read beyond waits on the disk
            "client_config": Config(
                signature_version="s3v4",
                s3={"addressing_style": "path" if endpoint else "auto"},
                connect_timeout=5,
                read_timeout=20,
                retries={"max_attempts": 2},
                # What speaks as S3 does seldom knows the newer ones.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        },
    }


_BUCKET = env.str("S3_BUCKET", default="")
STORAGES = {
    "default": _object_storage(_BUCKET)
    if _BUCKET
    else {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = not PRODUCTION
