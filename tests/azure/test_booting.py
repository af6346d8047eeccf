"""Machines of the stand-in run for real: what the template brings makes them hosts of a real portal."""

from collections.abc import Iterator

import pytest

from tests.lab.registry import Registry

from .booting import BATCH_ENDS, Cloud, start_cloud

pytestmark = [pytest.mark.engine, pytest.mark.registry, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def cloud(registry: Registry) -> Iterator[Cloud]:
    with start_cloud(registry) as running:
        yield running


def test_machines_are_hosts_and_stop_and_start_and_go(cloud: Cloud) -> None:
    batch = cloud.batch({"name": "pair", "count": 1})
    ended = cloud.wait_batch(batch, *BATCH_ENDS)
    assert ended["state"] == "ready", ended["error"]
