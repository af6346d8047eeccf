"""Secrets, sign-in, cookies and headers."""

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from . import env
from .paths import DATA_DIR


def _kept_secret(path: Path) -> str:
    """The secret in `path`, made there on first use and readable by its owner only."""
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        pass
    except OSError as error:
        raise ImproperlyConfigured(f"The secret key in {path} cannot be read: {error}") from error
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:  # another process was faster
        return path.read_text(encoding="ascii").strip()
    value = secrets.token_urlsafe(64)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(value)
    return value


SECRET_KEY = env.text("PIERHEAD_SECRET_KEY") or _kept_secret(DATA_DIR / "secret_key")
DEBUG = env.flag("PIERHEAD_DEBUG")

HTTP_ADDRESS = env.address("PIERHEAD_HTTP", "127.0.0.1:8000")
PUBLIC_URL = env.text("PIERHEAD_PUBLIC_URL", "http://{}:{}".format(*HTTP_ADDRESS)).rstrip("/")
_https = PUBLIC_URL.startswith("https://")
CA_FILE = env.text("PIERHEAD_CA_FILE")

ALLOWED_HOSTS = [
    *("localhost", "127.0.0.1", "[::1]"),  # `up` and this machine's agent come in by them
    *env.words("PIERHEAD_ALLOWED_HOSTS"),
    PUBLIC_URL.split("//")[1].split(":")[0],
]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _https else None
SECURE_SSL_REDIRECT = False  # the reverse proxy that ends TLS redirects
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = False
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

AUTH_USER_MODEL = "people.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_HASHERS = [
    "portal.people.hashers.ModestArgon2",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/sign-in/"

SESSION_COOKIE_NAME = "pierhead_session"
SESSION_COOKIE_AGE = 14 * 86_400
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = _https
CSRF_COOKIE_NAME = "pierhead_csrf"
CSRF_COOKIE_SECURE = _https
CSRF_COOKIE_HTTPONLY = True  # pages carry the token; scripts read it from there
CSRF_FAILURE_VIEW = "portal.front.errors.csrf_failure"

DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
SILENCED_SYSTEM_CHECKS = [
    "security.W008",  # the proxy redirects to https, see SECURE_SSL_REDIRECT
    "security.W005",
    "security.W021",
    *([] if _https else ["security.W004", "security.W012", "security.W016"]),
]
