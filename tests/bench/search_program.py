"""`python -m tests.bench.search_program COUNT CLIENTS SECONDS`: build the local search, search it, print JSON.

Runs with the site's own settings on the database that DATABASE_URL names, which it fills.
"""

import json
import random
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

THINK_SECONDS = 0.25  # the page waits that long for the next key before it asks
WORDS = (  # noqa: SIM905
    "nginx redis postgres mysql web server proxy api data stream queue cache search monitor metrics log build test "
    "java python node golang rust php ruby dotnet windows linux alpine debian ubuntu tiny fast simple official custom "
    "backup sync cloud home media photo mail chat wiki git registry cluster operator controller gateway worker agent"
).split()
FACETS = ("arch.amd64", "arch.arm64", "badge.verified_publisher", "cat.web-servers", "cat.databases-and-storage")


def rows(count: int) -> Iterator[object]:
    """Repositories as a skewed world has them: few are pulled by everybody, most by nobody."""
    from gallery.index.words import Entry

    chance = random.Random(7)
    start = datetime(2020, 1, 1, tzinfo=UTC)
    for number in range(count):
        name = f"{chance.choice(WORDS)}-{chance.choice(WORDS)}" if number % 3 else chance.choice(WORDS)
        yield Entry(
            "hub",
            f"user{number % 60_000}/{name}{number // 60_000 or ''}-{number % 97}",
            " ".join(chance.choices(WORDS, k=9)),
            f"user{number % 60_000}",
            facets=("os.linux", *chance.sample(FACETS, chance.randint(0, 3))),
            stars=chance.randint(0, 500),
            pulls=int(10 ** chance.uniform(0, 9)),
            updated_at=start + timedelta(hours=chance.randint(0, 50_000)),
        )


def typed(chance: random.Random) -> Iterator[str]:
    """What somebody types, key by key."""
    text = " ".join(chance.choices(WORDS, k=chance.choice((1, 1, 2))))
    for end in range(1, len(text) + 1):
        yield text[:end]


def searching(seconds: float, seed: int, times: list[float]) -> None:
    from django.db import connection

    from gallery.index.store import Wanted, index_find

    chance = random.Random(seed)
    until = time.monotonic() + seconds
    time.sleep(chance.uniform(0, THINK_SECONDS))
    while time.monotonic() < until:
        facets = (chance.choice(FACETS),) if chance.random() < 0.3 else ()
        for text in typed(chance):
            began = time.perf_counter()
            index_find(Wanted(text, facets, chance.choice(("", "", "pulls", "updated"))))
            connection.close()  # as at the end of a request: the pool has fewer connections than there are people
            times.append(time.perf_counter() - began)
            time.sleep(THINK_SECONDS)
            if time.monotonic() >= until:
                break
    connection.close()


def main() -> None:
    count, clients, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    import django

    django.setup()
    from django.core.management import call_command

    from gallery.index.store import index_put

    call_command("migrate", verbosity=0)
    began, worked = time.perf_counter(), time.process_time()
    index_put(rows(count))  # type: ignore[arg-type]
    build, worked = time.perf_counter() - began, time.process_time() - worked
    times: list[float] = []
    threads = [threading.Thread(target=searching, args=(seconds, seed, times)) for seed in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps({"build": build, "build_cpu": worked, "milliseconds": [one * 1000 for one in times]}))


if __name__ == "__main__":
    main()
