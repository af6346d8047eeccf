"""What exists in the simulated subscription, and how a template is carried out there."""

import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .expressions import Body, TemplateRefused, expand, outputs
from .machines import Job, Machine, Maker
from .market import Market

__all__ = ["Body", "Deployment", "TemplateRefused", "World", "expand", "new_id"]

MACHINE = "Microsoft.Compute/virtualMachines"
# (machine name, protected settings of its set-up extension): what the machine would run.
Boot = Callable[[str, Mapping[str, Any]], None]
VERBS = {
    "start": ("starting", "running"),
    "restart": ("starting", "running"),
    "redeploy": ("starting", "running"),
    "deallocate": ("deallocating", "deallocated"),
    "poweroff": ("stopping", "stopped"),
}


@dataclass
class Deployment:
    """polls: looks at it that still see it running. jobs: what is under way, by the resource's type and name."""

    name: str
    body: Body
    resources: list[Body]
    polls: int
    state: str = "Accepted"
    error: Body | None = None
    done: list[Body] = field(default_factory=list)
    jobs: dict[str, Job] = field(default_factory=dict)
    outputs: Body = field(default_factory=dict)


@dataclass
class World:
    """One subscription. boot is called for each machine when its set-up extension is created.

    maker: makes machines that run for real (machines.py); without one a machine is a row and a power state.
    """

    subscription: str
    boot: Boot | None = None
    maker: Maker | None = None
    polls: int = 2
    groups: dict[str, Body] = field(default_factory=dict)
    resources: dict[str, Body] = field(default_factory=dict)
    deployments: dict[tuple[str, str], Deployment] = field(default_factory=dict)
    power: dict[str, str] = field(default_factory=dict)
    machines: dict[str, Machine] = field(default_factory=dict)
    cpus_left: int = 100
    sizes: Mapping[str, int] = field(default_factory=lambda: {"Standard_B2s": 2, "Standard_D2s_v5": 2})
    market: Market = field(default_factory=Market)
    market_text: str = ""  # why the set-up of machines that are imported fails; empty: it does not
    fail: Body | None = None  # an ARM error that the next deployment ends in
    lock: threading.RLock = field(default_factory=threading.RLock)

    def resource_id(self, group: str, kind: str, name: str) -> str:
        provider, *kinds = kind.split("/")
        pairs = "/".join(f"{one}/{part}" for one, part in zip(kinds, name.split("/"), strict=True))
        return f"/subscriptions/{self.subscription}/resourceGroups/{group}/providers/{provider}/{pairs}"

    def begin(self, group: str, name: str, properties: Body) -> Deployment:
        """Take a deployment in. The same name again replaces an ended one."""
        resources = expand(properties["template"], properties.get("parameters", {}))
        deployment = Deployment(name, properties, resources, self.polls, error=self.fail)
        self.fail = None
        self.deployments[group, name] = deployment
        return deployment

    def look(self, group: str, deployment: Deployment) -> str:
        """The state as one more look sees it; when the polls are used up everything is there, or it failed."""
        if deployment.state in {"Succeeded", "Failed", "Canceled"}:
            return deployment.state
        if deployment.polls > 0:
            deployment.polls -= 1
            deployment.state = "Running"
            return deployment.state
        if deployment.error is not None:
            deployment.state = "Failed"
            return deployment.state
        if not deployment.done:
            self._begin(group, deployment)
        if deployment.state != "Failed":
            self._end(group, deployment)
        return deployment.state

    def _begin(self, group: str, deployment: Deployment) -> None:
        """Create every resource; what takes its time goes on by itself."""
        for resource in deployment.resources:
            key = self.resource_id(group, resource["type"], resource["name"]).lower()
            if resource["type"] == MACHINE and not self._room(key, resource, deployment):
                return
            self.resources[key] = {**resource, "group": group}
            deployment.done.append(resource)
            if resource["type"] == MACHINE and self.maker is not None and key not in self.machines:
                self.machines[key] = self.maker(resource["name"], resource)
                deployment.jobs[_called(resource)] = Job(self.machines[key].boot)
            if resource["type"] == f"{MACHINE}/extensions":
                self._set_up(group, deployment, resource)

    def _room(self, key: str, resource: Body, deployment: Deployment) -> bool:
        size = resource["properties"]["hardwareProfile"]["vmSize"]
        if size not in self.sizes:
            self._failed(deployment, "SkuNotAvailable", f"The requested VM size {size} is not available.")
        elif self.sizes[size] > self.cpus_left:
            self._failed(
                deployment, "QuotaExceeded", "Operation results in exceeding approved Total Regional Cores quota."
            )
        else:
            self.cpus_left -= self.sizes[size]
            self.power[key] = "running"
            return True
        return False

    def _set_up(self, group: str, deployment: Deployment, resource: Body) -> None:
        name, protected = resource["name"].split("/")[0], resource["properties"]["protectedSettings"]
        if self.boot is not None:
            self.boot(name, protected)
        machine = self.machines.get(self.resource_id(group, MACHINE, name).lower())
        if machine is not None:
            after = deployment.jobs.get(f"{MACHINE}/{name}")
            deployment.jobs[_called(resource)] = Job(lambda: machine.set_up(protected), after=after)

    def _end(self, group: str, deployment: Deployment) -> None:
        """Succeeded once all that was begun has ended well."""
        if any(job.state == "Running" for job in deployment.jobs.values()):
            deployment.state = "Running"
            return
        for name, job in deployment.jobs.items():
            if job.state == "Failed":
                code = "VMExtensionProvisioningError" if "/extensions/" in name else "VMStartTimedOut"
                self._failed(deployment, code, f"{name.rsplit('/', 2)[-2]} has reported a failure: {job.error}")
                return
        given = deployment.body.get("parameters", {})
        deployment.outputs = outputs(deployment.body["template"], given, lambda one: self._properties(group, one))
        deployment.state = "Succeeded"

    def _properties(self, group: str, called: str) -> Body:
        """What reference() finds: addresses of cards and public addresses."""
        machine_name, _, part = called.rsplit("/", 1)[-1].rpartition("-")
        key = self.resource_id(group, MACHINE, machine_name).lower()
        names = sorted(one for one in self.resources if "/virtualmachines/" in one and "/extensions/" not in one)
        number = names.index(key) + 4
        machine = self.machines.get(key)
        if part == "ip":
            return {"ipAddress": machine.public if machine else f"203.0.113.{number}"}
        private = machine.private if machine else f"10.42.0.{number}"
        return {"ipConfigurations": [{"properties": {"privateIPAddress": private}}]}

    def state_of(self, deployment: Deployment, resource: Body) -> tuple[str, str]:
        """Provisioning state of one resource, and why it failed."""
        job = deployment.jobs.get(_called(resource))
        return (job.state, job.error) if job else ("Succeeded", "")

    def act(self, key: str, verb: str) -> None:
        """Start, stop or restart a machine, or remove it."""
        machine = self.machines.get(key)
        if verb == "delete":
            del self.resources[key]
            del self.power[key]
            if machine is not None:
                del self.machines[key]
                Job(machine.stop)
            return
        during, after = VERBS[verb]
        if machine is None:
            self.power[key] = after
            return
        self.power[key] = during

        def work() -> None:
            if verb != "start":
                machine.halt()
            if after == "running":
                machine.start()
            self.power[key] = after

        Job(work)

    def _failed(self, deployment: Deployment, code: str, message: str) -> None:
        inner = {"code": code, "message": message}
        deployment.state = "Failed"
        deployment.error = {
            "code": "DeploymentFailed",
            "message": "At least one resource deployment operation failed.",
            "details": [{"code": "ResourceDeploymentFailure", "message": "The resource failed.", "details": [inner]}],
        }

    def remove_group(self, group: str) -> None:
        """Delete a group with all in it; while its machines end it is still there."""
        mine = [key for key, one in self.resources.items() if one["group"].lower() == group.lower()]
        ending = [self.machines.pop(key) for key in mine if key in self.machines]
        for key in mine:
            del self.resources[key]
            self.power.pop(key, None)
        for known in [one for one in self.deployments if one[0].lower() == group.lower()]:
            self.deployments[known].state = "Canceled"
        if not ending:
            self.groups.pop(group.lower(), None)
            return

        def work() -> None:
            for machine in ending:
                machine.stop()
            self.groups.pop(group.lower(), None)

        Job(work)


def _called(resource: Body) -> str:
    return f"{resource['type']}/{resource['name']}"


def new_id() -> str:
    return str(uuid.uuid4())
