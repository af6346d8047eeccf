"""An image made on one host is published to a real registry and runs on another host, which never had it."""

import pytest

from tests.lab.processes import wait_until
from tests.lab.registry import start_registry

from .fleet import Fleet

pytestmark = [pytest.mark.engine, pytest.mark.timeout(240)]

NAME = "e2e-published"
# robot with the password correct-horse, as htpasswd -B writes it
ROBOT = "robot:$2y$05$abcdefghijklmnopqrstuuZ0Fx87Pb/Aqb0E90lfvCwzXnaFKUHpS"
CHANGES = ('CMD ["/bin/sleep", "600"]', "ENV PATH=/bin")


def _push(fleet: Fleet, reference: str) -> dict[str, object]:
    """Publish NAME from the left host; the command once it has ended."""
    host = fleet.agents[0].host_id
    wait_until(
        lambda: any(f"{NAME}:1" in image["tags"] for image in fleet.ask("GET", f"hosts/{host}/images")["items"]),
        seconds=30,
        what="the portal seeing the image",
    )
    command = fleet.ask("POST", f"hosts/{host}/images/{NAME}:1/push", {"reference": reference, "source": f"{NAME}:1"})
    over = {"succeeded", "failed", "expired", "cancelled"}
    return dict(
        fleet.portal.wait_for(f"commands/{command['id']}", fleet.token, lambda body: body["state"] in over, seconds=90)
    )


def test_from_one_host_to_the_registry_to_another(fleet: Fleet) -> None:
    left, right = fleet.hosts
    with start_registry() as registry:
        registry.guard(ROBOT)
        for host in fleet.hosts:
            host.reach_loopback(registry.port)
        left.engine.image_from_busybox(f"{NAME}:1", files={"published": b"from the left"}, changes=CHANGES)
        reference = f"{registry.netloc}/team/{NAME}:1"
        try:
            refused = _push(fleet, reference)
            assert refused["state"] == "failed"
            assert "sign-in" in str(refused["error"]), "nobody may push, and that is said"
            account = {"host": registry.netloc, "username": "robot", "secret": "correct-horse"}
            assert fleet.ask("POST", "registries", account)["state"] == "accepted"
            end = _push(fleet, reference)
            assert end["state"] == "succeeded", end["error"]
            assert isinstance(end["result"], dict)
            _runs_on_the_right(fleet, reference, str(end["result"]["digest"]))
        finally:
            left.engine.docker("rmi", "-f", f"{NAME}:1", reference, check=False)
            right.engine.docker("rmi", "-f", reference, check=False)
            for row in fleet.ask("GET", "registries")["items"]:
                fleet.portal.api("DELETE", f"registries/{row['id']}", fleet.token)


def _runs_on_the_right(fleet: Fleet, reference: str, digest: str) -> None:
    """What was published runs on the host that never had it, and is what the registry took."""
    right = fleet.hosts[1].engine
    here = {"placement": {"constraints": ["node.labels.side == right"]}}
    application = fleet.application("published", {"web": {"image": reference, "deploy": here}})
    done = fleet.deploy(application)
    assert done["state"] == "succeeded", done["error"]
    assert right.docker("exec", "published-web-1", "cat", "/published").strip() == "from the left"
    assert digest in right.docker("image", "inspect", reference, "--format", "{{.RepoDigests}}")
    fleet.ask("DELETE", f"applications/{application}")
    wait_until(lambda: fleet.names() == [], seconds=60, what="nothing left")
