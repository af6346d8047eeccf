"""A host changes its key although its agent is killed on the way: there is always one that the portal accepts."""

import time

import pytest

from tests.lab.processes import wait_until

from .conftest import TEAM, Quay

pytestmark = [pytest.mark.engine, pytest.mark.registry, pytest.mark.timeout(300)]


@pytest.mark.parametrize(
    "after", [0.05, *(pytest.param(seconds, marks=pytest.mark.long) for seconds in (0.0, 0.1, 0.2, 0.4, 0.8))]
)
def test_the_agent_is_killed_while_it_changes_its_key(quay: Quay, after: float) -> None:
    admin = quay.portal.token("admin", team=TEAM)
    key = quay.agent.state / "identity.key"
    before = key.read_text()
    status, command = quay.portal.api("POST", f"hosts/{quay.agent.host_id}/rotate-key", admin)
    assert status == 202, command
    time.sleep(after)
    quay.agent.kill()
    quay.agent.start()
    ended = quay.portal.wait_for(f"commands/{command['id']}", admin, lambda body: body["finished_at"], seconds=60)
    assert (ended["state"], ended["error"]) == ("succeeded", "")
    wait_until(lambda: key.read_text() != before, seconds=60, what="the new key in its place")
    assert not (quay.agent.state / "identity.new").exists()
    assert not (quay.agent.state / "identity.next").exists()
    quay.agent.wait_state("online")
    _status, entries = quay.portal.api("GET", "audit?action=host.key-changed&limit=1", admin)
    assert entries["items"][0]["detail"]["after"] == ended["result"]["public_key"][:16]
