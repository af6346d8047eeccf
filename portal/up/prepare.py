"""Everything that needs Django and is done once, before the supervisor takes over: database, assets, first person."""

import shutil
import socket
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import OperationalError

from .assets import assets_collect
from .first_administrator import first_administrator_make, first_sign_in_secret, sign_in_address
from .local_host import RECORD
from .lock import AlreadyRunning, lock_take
from .places import PlaceRefused, private_directory, redis_url
from .setup import Setup

MIGRATION_LOCK = 0x70696572  # any number that is ours alone: "pier"

Say = Callable[[str], None]


class NotPrepared(Exception):
    """The portal cannot be started; the text says what to do."""


def address_check(address: tuple[str, int]) -> None:
    """Raise NotPrepared when nothing can listen at `address`."""
    host, port = address
    try:
        if not 0 < port < 65_536:
            raise OverflowError("a port is a number from 1 to 65535")
        family, kind, protocol, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with closing(socket.socket(family, kind, protocol)) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise NotPrepared(
            f"Pierhead cannot listen at {host}:{port} ({reason}). Stop what uses that port, "
            f"or choose another one: PIERHEAD_HTTP={host}:{port + 1 if 0 < port < 65_535 else 8000}"
        ) from error


def database_migrate(say: Say) -> bool:
    """Bring the tables up to date when they are not. True: they were changed.

    Of several nodes that start on one PostgreSQL, one migrates and the others wait. Raises NotPrepared.
    """
    try:
        connection.ensure_connection()
    except OperationalError as error:
        raise NotPrepared(
            f"The database does not answer: {str(error).strip()}. Check DATABASE_URL, or leave it out for SQLite."
        ) from error
    with ExitStack() as stack:
        if connection.vendor == "postgresql":
            cursor = stack.enter_context(connection.cursor())
            cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
            stack.callback(cursor.execute, "SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])
        executor = MigrationExecutor(connection)
        executor.loader.check_consistent_history(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if not plan:
            return False
        say(f"Bringing the database up to date ({len(plan)} steps).")
        call_command("migrate", interactive=False, verbosity=0)
    return True


def local_host_forget(data_dir: Path) -> None:
    """A new database knows no host: this machine enrols again, with a key of its own."""
    (data_dir / RECORD).unlink(missing_ok=True)
    shutil.rmtree(data_dir / "agent", ignore_errors=True)


def prepare(*, local_host: bool, demo: bool, say: Say) -> Setup:
    """Prepare everything; the result is for the supervisor. Raises NotPrepared."""
    try:
        data_dir = private_directory(settings.DATA_DIR)
        lock = lock_take(data_dir, say=say)
    except (PlaceRefused, AlreadyRunning) as error:
        raise NotPrepared(str(error)) from error
    address_check(settings.HTTP_ADDRESS)
    database_migrate(say)
    try:
        if assets_collect(data_dir):
            say("Prepared the static files.")
    except (OSError, ValueError) as error:
        raise NotPrepared(f"The static files cannot be prepared: {error}") from error
    if first_administrator_make():
        local_host_forget(data_dir)
    own = own_redis()
    setup = Setup(
        data_dir=str(data_dir),
        base_dir=str(settings.BASE_DIR),
        address=settings.HTTP_ADDRESS,
        public_url=settings.PUBLIC_URL,
        own_redis=own,
        redis_url=redis_url(data_dir) if own else settings.REDIS_URL,
        lock=lock,
        sign_in_link=sign_in_address(settings.PUBLIC_URL, first_sign_in_secret()),
        local_host=local_host,
        demo=demo,
    )
    connection.close()
    return setup


def own_redis() -> bool:
    """Whether nobody named a Redis, so that we start one."""
    return bool(redis_url(settings.DATA_DIR) == settings.REDIS_URL)
