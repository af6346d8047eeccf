"""A real portal on the stand-in of Azure, whose machines run for real."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.e2e.test_install_script import TARGET, VERSION
from tests.lab.part import Part
from tests.lab.portal import Portal, start_portal
from tests.lab.registry import Registry
from tests.standins.arm import Arm, start_arm
from tests.standins.arm.fleet import Fleet
from tests.standins.arm.server import CLIENT, SECRET, SUBSCRIPTION, TENANT

TEAM = "Harbour"
BATCH_ENDS = ("ready", "failed", "deleted")


@dataclass
class Cloud:
    """portal: connected to `arm`, whose machines are in `fleet`. token: of an admin. subscription: its id there."""

    portal: Portal
    arm: Arm
    fleet: Fleet
    registry: Registry
    token: str
    subscription: str = ""

    def ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        status, answer = self.portal.api(method, path, self.token, body)
        assert status in {200, 201, 202}, answer
        return dict(answer)

    def batch(self, wish: dict[str, Any]) -> str:
        """Machines: planned, looked at, and begun."""
        body = {"subscription": self.subscription, "region": "westeurope", **wish}
        batch = str(self.ask("POST", "azure/machines", body)["id"])
        planned = self.wait_batch(batch, "planned", "failed")
        assert planned["state"] == "planned", planned["error"]
        self.ask("POST", f"azure/machines/{batch}/deploy")
        return batch

    def wait_batch(self, batch: str, *states: str, seconds: float = 200) -> dict[str, Any]:
        path = f"azure/machines/{batch}"
        return dict(self.portal.wait_for(path, self.token, lambda one: one["state"] in states, seconds=seconds))

    def solution(self, body: dict[str, Any]) -> str:
        """A solution, planned."""
        new = {"subscription": self.subscription, "region": "westeurope", **body}
        return str(self.ask("POST", "azure/solutions", new)["id"])

    def deploy_solution(self, solution: str) -> None:
        """Deploy it once its plan is there."""
        planned = self.wait_solution(solution, "planned", "failed")
        assert planned["state"] == "planned", planned["error"]
        assert planned["changes"]
        self.ask("POST", f"azure/solutions/{solution}/deploy")

    def wait_solution(self, solution: str, *states: str, seconds: float = 100) -> dict[str, Any]:
        path = f"azure/solutions/{solution}"
        return dict(self.portal.wait_for(path, self.token, lambda one: one["state"] in states, seconds=seconds))

    def consoles(self) -> dict[str, str]:
        """What each machine says, for the message of a test that fails."""
        return {machine.name: machine.console()[-1500:] for machine in self.fleet.machines}


class _Folder(Part):
    """A folder of the lab."""

    def halt(self) -> None:
        """Nothing runs."""


@contextmanager
def start_cloud(registry: Registry) -> Iterator[Cloud]:
    """Everything, with a subscription connected through the API. The registry stands for Docker Hub."""
    with _Folder("z") as folder, start_arm(folder.folder) as arm:
        env = {
            "PIERHEAD_AZURE_URL": arm.url,
            "PIERHEAD_AZURE_AUTHORITY_URL": arm.url,
            "PIERHEAD_AZURE_CA_FILE": str(arm.ca),
            "PIERHEAD_REGISTRY_URL": registry.url,
        }
        with (
            start_portal(env=env) as portal,
            Fleet(ports=(portal.port, registry.port), mirror=registry.netloc) as fleet,
        ):
            portal.manage("agent_package", "--for", TARGET, "--python", VERSION)
            arm.world.maker = fleet
            cloud = Cloud(portal, arm, fleet, registry, portal.token("admin", team=TEAM))
            body = {
                "team": TEAM.lower(),
                "subscription_id": SUBSCRIPTION,
                "tenant_id": TENANT,
                "client_id": CLIENT,
                "secret": SECRET,
            }
            cloud.subscription = str(cloud.ask("POST", "azure/subscriptions", body)["id"])
            yield cloud
