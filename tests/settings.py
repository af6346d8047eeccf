"""Settings of the tests: the site's own, in a private data folder, with nothing that could leave the machine.

PIERHEAD_TEST_DATABASE_URL runs the same tests on PostgreSQL (`make test-postgres`). Tests that need Redis, an engine
or a whole portal start real ones through tests/lab, which run with the site's own settings.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_folder = Path(tempfile.mkdtemp(prefix="pierhead-test-"))
atexit.register(shutil.rmtree, _folder, ignore_errors=True)

for _name in [name for name in os.environ if name.startswith("PIERHEAD_") and not name.startswith("PIERHEAD_TEST_")]:
    if _name != "PIERHEAD_SHARED_DATA":
        del os.environ[_name]
for _name in ("DATABASE_URL", "DATABASE_URL_FILE", "REDIS_URL", "REDIS_URL_FILE"):
    os.environ.pop(_name, None)

# Port 9 of the loopback is closed: a client that is not given a fake fails at once instead of going out.
CLOSED_URL = "http://127.0.0.1:9"
os.environ |= {
    "PIERHEAD_DATA_DIR": str(_folder),
    "PIERHEAD_HUB_URL": CLOSED_URL,
    "PIERHEAD_REGISTRY_URL": CLOSED_URL,
    "PIERHEAD_AZURE_URL": CLOSED_URL,
    "PIERHEAD_AZURE_PRICES_URL": CLOSED_URL,
    "PIERHEAD_AZURE_AUTHORITY_URL": "https://127.0.0.1:9",
    "PIERHEAD_SECRET_KEY": "a-fixed-key-for-tests-of-more-than-fifty-characters-0123456789",
    "PIERHEAD_OUTSIDE_TIMEOUT": "2",
    "PIERHEAD_LOG_LEVEL": "WARNING",
}

from portal.settings import *  # noqa: E402, F403
from portal.settings.data import database  # noqa: E402

_database = database(os.environ.get("PIERHEAD_TEST_DATABASE_URL", ""))
if _database["ENGINE"] == "django.db.backends.postgresql":
    # A pool would keep connections open while pytest-django drops its database.
    _database["OPTIONS"] = {"connect_timeout": 10}
else:
    # A file, since threads and WAL behave differently in memory.
    _database["TEST"] = {"NAME": str(_folder / "test.sqlite3")}

DATABASES = {"default": _database}
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "pierhead-tests"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
