"""What exists in the simulated subscription, and how a template is carried out there."""

import re
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Body = dict[str, Any]
# (machine name, protected settings of its set-up extension): what the machine would run.
Boot = Callable[[str, Mapping[str, Any]], None]


class TemplateRefused(Exception):
    """A template that the real one would refuse. code, message: as in its answer."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass
class Deployment:
    """polls: looks at it that still see it running."""

    name: str
    body: Body
    resources: list[Body]
    polls: int
    state: str = "Accepted"
    error: Body | None = None
    done: list[Body] = field(default_factory=list)


@dataclass
class World:
    """One subscription. boot is called for each machine when its set-up extension is created."""

    subscription: str
    boot: Boot | None = None
    polls: int = 2
    groups: dict[str, Body] = field(default_factory=dict)
    resources: dict[str, Body] = field(default_factory=dict)
    deployments: dict[tuple[str, str], Deployment] = field(default_factory=dict)
    power: dict[str, str] = field(default_factory=dict)
    cpus_left: int = 100
    sizes: Mapping[str, int] = field(default_factory=lambda: {"Standard_B2s": 2, "Standard_D2s_v5": 2})
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
        self._carry_out(group, deployment)
        return deployment.state

    def _carry_out(self, group: str, deployment: Deployment) -> None:
        for resource in deployment.resources:
            key = self.resource_id(group, resource["type"], resource["name"]).lower()
            if resource["type"] == "Microsoft.Compute/virtualMachines":
                size = resource["properties"]["hardwareProfile"]["vmSize"]
                if size not in self.sizes:
                    self._failed(deployment, "SkuNotAvailable", f"The requested VM size {size} is not available.")
                    return
                if self.sizes[size] > self.cpus_left:
                    text = "Operation results in exceeding approved Total Regional Cores quota."
                    self._failed(deployment, "QuotaExceeded", text)
                    return
                self.cpus_left -= self.sizes[size]
                self.power[key] = "running"
            self.resources[key] = {**resource, "group": group}
            deployment.done.append(resource)
            if resource["type"].endswith("/extensions") and self.boot is not None:
                self.boot(resource["name"].split("/")[0], resource["properties"]["protectedSettings"])
        deployment.state = "Succeeded"

    def _failed(self, deployment: Deployment, code: str, message: str) -> None:
        inner = {"code": code, "message": message}
        deployment.state = "Failed"
        deployment.error = {
            "code": "DeploymentFailed",
            "message": "At least one resource deployment operation failed.",
            "details": [{"code": "ResourceDeploymentFailure", "message": "The resource failed.", "details": [inner]}],
        }

    def remove_group(self, group: str) -> None:
        self.groups.pop(group.lower(), None)
        gone = [key for key, one in self.resources.items() if one["group"].lower() == group.lower()]
        for key in gone:
            del self.resources[key]
            self.power.pop(key, None)


def expand(template: Body, given: Body) -> list[Body]:
    """Every resource of a template with its expressions worked out; a copy loop gives one for each turn.

    Raises TemplateRefused for a parameter without a value, and for what this stand-in cannot work out.
    """
    values: dict[str, Any] = {}
    for name, declared in template.get("parameters", {}).items():
        if name in given:
            values[name] = given[name]["value"]
        elif "defaultValue" in declared:
            values[name] = declared["defaultValue"]
        else:
            raise TemplateRefused("InvalidTemplate", f"The value for the template parameter '{name}' is not provided.")
    if unknown := set(given) - set(template.get("parameters", {})):
        raise TemplateRefused("InvalidTemplate", f"The template parameters '{sorted(unknown)[0]}' are not valid.")
    scope = {"parameters": values, "variables": template.get("variables", {})}
    found: list[Body] = []
    for resource in template["resources"]:
        turns = _work_out(resource.get("copy", {}).get("count", 1), {**scope, "index": 0})
        for index in range(int(turns)):
            body = {key: value for key, value in resource.items() if key != "copy"}
            found.append(_walk(body, {**scope, "index": index}))
    return found


def _walk(value: Any, scope: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        return {key: _walk(inner, scope) for key, inner in value.items()}
    if isinstance(value, list):
        return [_walk(inner, scope) for inner in value]
    return _work_out(value, scope)


def _work_out(value: Any, scope: Mapping[str, Any]) -> Any:
    if not isinstance(value, str) or not (value.startswith("[") and value.endswith("]")) or value.startswith("[["):
        return value
    found, rest = _expression(value[1:-1].strip(), scope)
    if rest.strip():
        raise TemplateRefused("InvalidTemplate", f"Unable to parse language expression '{value[1:-1]}'.")
    return found


_TOKEN = re.compile(r"\s*(?:'((?:[^']|'')*)'|(\d+)|([a-zA-Z]+)\()")


def _expression(text: str, scope: Mapping[str, Any]) -> tuple[Any, str]:
    found = _TOKEN.match(text)
    if found is None:
        raise TemplateRefused("InvalidTemplate", f"Unable to parse language expression '{text}'.")
    rest = text[found.end() :]
    if found[1] is not None:
        return found[1].replace("''", "'"), rest
    if found[2] is not None:
        return int(found[2]), rest
    arguments: list[Any] = []
    while not rest.lstrip().startswith(")"):
        value, rest = _expression(rest, scope)
        arguments.append(value)
        rest = rest.lstrip().removeprefix(",")
    result, rest = _function(found[3].lower(), arguments, scope), rest.lstrip()[1:]
    while rest.startswith("["):
        index, rest = _expression(rest[1:], scope)
        result, rest = result[index], rest.lstrip()[1:]
    return result, rest


def _function(name: str, arguments: list[Any], scope: Mapping[str, Any]) -> Any:
    match name:
        case "parameters":
            return scope["parameters"][arguments[0]]
        case "variables":
            return scope["variables"][arguments[0]]
        case "concat":
            return "".join(str(one) for one in arguments)
        case "copyindex":
            return scope["index"] + (arguments[0] if arguments else 0)
        case "createarray":
            return arguments
        case "mod":
            return arguments[0] % arguments[1]
        case "resourceid":
            return "/".join(str(one) for one in arguments)
    raise TemplateRefused("InvalidTemplate", f"The template function '{name}' is not valid.")


def new_id() -> str:
    return str(uuid.uuid4())
