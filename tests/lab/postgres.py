"""A private PostgreSQL cluster on a unix socket, with one empty database per caller who asks."""

import contextlib
import os
import pwd
import secrets
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Self
from urllib.parse import quote

from .part import Part
from .parts import program, run
from .processes import Server

# Safe only because the data is thrown away.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=100", "shared_buffers=64MB")


class Postgres(Part):
    """A running cluster; `url` is for DATABASE_URL and names the empty database `pierhead`.

    keeps: what was committed survives a kill of the server, as on every cluster but those of tests.
    """

    def __init__(self, *, keeps: bool = False) -> None:
        super().__init__("p")
        self._settings = [one for one in FAST if not (keeps and one.startswith("synchronous_commit"))]
        self._server: Server | None = None
        self.data = self.folder / "data"
        self.url = self._url("pierhead")
        # initdb refuses root; as anybody else we own the cluster ourselves.
        self._prefix: list[str] = []
        self._user = pwd.getpwuid(os.geteuid()).pw_name
        if os.geteuid() == 0:
            self._prefix = [program("setpriv"), "--reuid=postgres", "--regid=postgres", "--init-groups", "--"]
            self._user = "postgres"
            entry = pwd.getpwnam("postgres")
            os.chown(self.folder, entry.pw_uid, entry.pw_gid)

    def _url(self, database: str) -> str:
        return f"postgresql://pierhead@{quote(str(self.folder), safe='')}/{database}"

    def start(self) -> Self:
        """Make the cluster the first time, and serve it."""
        first = not self.data.exists()
        if first:
            options = ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--username=pierhead"]
            run([*self._prefix, program("initdb"), "-D", str(self.data), *options], timeout=60)
        settings = ["listen_addresses=", f"unix_socket_directories={self.folder}", *self._settings]
        options = [word for setting in settings for word in ("-c", setting)]
        log = self.folder / "postgres.log"
        log.touch()
        self._server = Server([*self._prefix, program("postgres"), "-D", str(self.data), *options], log=log)
        self._server.wait_ready(lambda: self._answers(), seconds=30)
        if first:
            self.sql("CREATE DATABASE pierhead", database="postgres")
        return self

    def _answers(self) -> bool:
        socket = Path(self.folder / ".s.PGSQL.5432")
        return socket.exists() and self.sql("SELECT 1", database="postgres", check=False).strip() == "1"

    def sql(self, statement: str, *, database: str = "pierhead", check: bool = True) -> str:
        """What psql prints for one statement, bare."""
        where = ["-h", str(self.folder), "-U", "pierhead", "-d", database]
        return run([program("psql"), "-X", "-A", "-t", *where, "-c", statement], check=check, timeout=30)

    @contextlib.contextmanager
    def empty_database(self) -> Iterator[str]:
        """The DATABASE_URL of a new database, dropped afterwards with whoever is still connected."""
        name = f"lab_{secrets.token_hex(4)}"
        self.sql(f"CREATE DATABASE {name}", database="postgres")
        try:
            yield self._url(name)
        finally:
            self.sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", database="postgres")

    def halt(self, *, crash: bool = False) -> None:
        """Stop serving and keep the data; crash: as a kill -9 would."""
        if self._server is not None:
            first = signal.SIGKILL if crash else signal.SIGINT  # a "fast" shutdown: clients are cut off
            self._server.stop(seconds=10, first=first)
            self._server = None


def start_postgres(*, keeps: bool = False) -> Postgres:
    """One cluster, running."""
    return Postgres(keeps=keeps).started()
