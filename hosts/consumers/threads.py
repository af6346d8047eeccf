"""Database work of the agents' connections, off the event loop and apart from pages.

One thread with SQLite, which has one writer anyway: there the connection stays open, since opening one costs more than
most of our statements. A few threads with PostgreSQL, whose pool makes opening cheap.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import ParamSpec, TypeVar

from django.db import DatabaseError, InterfaceError, close_old_connections, connection, connections

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 4


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    threads = 1 if connection.vendor == "sqlite" else THREADS
    return ThreadPoolExecutor(max_workers=threads, thread_name_prefix="agents")


async def in_database(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `work` in a thread of ours. Await it before the next one of the same connection, and the order holds."""
    return await asyncio.get_running_loop().run_in_executor(_pool(), lambda: _run(work, *args, **kwargs))


def _run(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    if connection.vendor != "sqlite":
        close_old_connections()
    try:
        return work(*args, **kwargs)
    except (DatabaseError, InterfaceError):
        connections.close_all()
        raise
    finally:
        if connection.vendor != "sqlite":
            close_old_connections()
