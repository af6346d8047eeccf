"""Database and Redis: SQLite and a private server by default, PostgreSQL and REDIS_URL beyond one machine."""

from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from portal.up.places import redis_url

from . import env
from .paths import DATA_DIR

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=20000; "
    "PRAGMA cache_size=-16000; PRAGMA temp_store=MEMORY;"
)


def database(url: str) -> dict[str, object]:
    """Django's description of the database at `url`; an empty `url` means SQLite in the data directory."""
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATA_DIR / "pierhead.sqlite3",
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": SQLITE_PRAGMAS},
        }
    parts = urlsplit(url)
    if parts.scheme in {"postgres", "postgresql"}:
        # A directory as host (a unix socket) is percent-encoded, as libpq writes it.
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(parts.hostname or ""),
            "PORT": str(parts.port or ""),
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {"pool": {"min_size": 1, "max_size": 8, "timeout": 10}, "connect_timeout": 10},
        }
    if parts.scheme == "sqlite":
        return {**database(""), "NAME": parts.path}
    raise ImproperlyConfigured(
        f"DATABASE_URL starts with {parts.scheme!r}; use postgresql:// or leave it out for SQLite."
    )


DATABASES = {"default": database(env.text("DATABASE_URL"))}

# `manage.py up` exports REDIS_URL of the private server it starts; a unix socket keeps it off the network.
REDIS_URL = env.text("REDIS_URL", redis_url(DATA_DIR))

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "pierhead"},
    }
}

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "pierhead",
        "OPTIONS": {"socket_timeout": 5, "socket_connect_timeout": 5},
    }
}

RQ_QUEUES = {"default": {"URL": REDIS_URL, "DEFAULT_TIMEOUT": 600, "ASYNC": True}}
