"""Static files: hashed and compressed once `manage.py up` has collected them, straight from the sources before that."""

from .paths import DATA_DIR

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATIC_HASHED = "portal.stylesheets.Storage"

_collected = (STATIC_ROOT / "staticfiles.json").is_file()

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": STATIC_HASHED if _collected else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not _collected
WHITENOISE_AUTOREFRESH = not _collected
WHITENOISE_MAX_AGE = 60  # names without a hash; those with one are kept for good
