"""Counting what anybody may ask without being known, so that it cannot be asked without end."""

from django.core.cache import cache
from redis.exceptions import RedisError

from portal.problems import TooMany

WINDOW_SECONDS = 60


def count_up(key: str, *, most: int, what: str) -> None:
    """Count one. Raises TooMany beyond `most` in a minute. A cache that is away counts nothing."""
    try:
        if cache.add(key, 1, timeout=WINDOW_SECONDS):
            return
        count = cache.incr(key)
    except ValueError:  # it ended between the two calls
        return
    except (RedisError, OSError):
        return
    if count > most:
        raise TooMany(f"Too many {what} from this address. Wait a minute.", retry_after=WINDOW_SECONDS)
