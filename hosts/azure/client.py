"""One Azure subscription, through Microsoft's SDK. Synchronous: jobs use it, pages show what jobs have stored.

Long operations are started here and looked at again later; nothing here waits for one, except the what-if.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, TypeVar

from .credentials import credential, management_url, scope
from .errors import Away, AzureError, Clash, Missing, NotPermitted, Rejected, SignInRefused, Throttled, innermost
from .types import Account, Change, DeploymentState, Endpoints, Machine, Operation, Quota, Size

T = TypeVar("T")
WHAT_IF_SECONDS = 180
PENDING = "Running"


class AzureClient:
    """The subscription of `account`. timeout: seconds for one request; polling: seconds between two looks."""

    def __init__(
        self, account: Account, endpoints: Endpoints | None = None, *, timeout: float = 20.0, polling: float = 2.0
    ) -> None:
        self.account = account
        self._endpoints = endpoints or Endpoints()
        self._timeout = timeout
        self._polling = polling

    # -- the subscription

    def check(self) -> str:
        """Sign in and ask for the subscription; its display name. Raises AzureError."""
        path = f"/subscriptions/{self.account.subscription_id}?api-version=2022-12-01"
        answer = self._send("GET", path)
        return str(answer.get("displayName") or self.account.subscription_id)

    def regions(self) -> list[tuple[str, str]]:
        """(name, display name) of every region of the subscription, by display name."""
        answer = self._send("GET", f"/subscriptions/{self.account.subscription_id}/locations?api-version=2022-12-01")
        found = [(str(row["name"]), str(row.get("displayName") or row["name"])) for row in answer.get("value", [])]
        return sorted(found, key=lambda pair: pair[1])

    def sizes(self, region: str) -> list[Size]:
        """Machine sizes of a region; those that the subscription may not use say why."""

        def ask() -> list[Size]:
            rows = self._compute.resource_skus.list(filter=f"location eq '{region}'")
            return [_size(row) for row in rows if str(row.resource_type).lower() == "virtualmachines"]

        return sorted(self._call(ask), key=lambda size: (size.cpus, size.memory_gib, size.name))

    def quotas(self, region: str) -> list[Quota]:
        """How many CPUs are used and allowed, by family."""

        def ask() -> list[Quota]:
            rows = self._compute.usage.list(region)
            return [Quota(str(row.name.value), int(row.current_value), int(row.limit)) for row in rows]

        return self._call(ask)

    # -- groups and deployments

    def group_put(self, name: str, region: str, tags: Mapping[str, str]) -> None:
        """Make a resource group, or leave it as it is."""
        self._call(
            lambda: self._resources.resource_groups.create_or_update(name, {"location": region, "tags": dict(tags)})
        )

    def group_exists(self, name: str) -> bool:
        return bool(self._call(lambda: self._resources.resource_groups.check_existence(name)))

    def groups_tagged(self, tag: str) -> list[tuple[str, Mapping[str, str]]]:
        """(name, tags) of every group with this tag."""
        groups = self._call(lambda: list(self._resources.resource_groups.list(filter=f"tagName eq '{tag}'")))
        return [(str(group.name), dict(group.tags or {})) for group in groups]

    def group_delete(self, name: str) -> None:
        """Begin to delete a group with everything in it; one that is gone already is fine."""
        try:
            self._call(lambda: self._resources.resource_groups.begin_delete(name, polling=False))
        except Missing:
            return

    def what_if(self, group: str, name: str, template: Mapping[str, Any], values: Mapping[str, Any]) -> list[Change]:
        """What deploying would change. Waits up to three minutes. Raises AzureError."""
        body = {"properties": {**_properties(template, values), "whatIfSettings": {"resultFormat": "ResourceIdOnly"}}}

        def ask() -> list[Change]:
            poller = self._deployments.deployments.begin_what_if(group, name, body)
            result = poller.result(timeout=WHAT_IF_SECONDS)
            if not poller.done():
                raise Away("Azure has not finished its what-if within three minutes.", "Timeout")
            if result.error is not None:
                code, text = innermost(result.error)
                raise Rejected(text, code)
            return [_change(row) for row in (result.properties.changes if result.properties else None) or []]

        return self._call(ask)

    def deployment_put(self, group: str, name: str, template: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        """Begin a deployment. Doing it twice under one name is one deployment."""
        body = {"properties": _properties(template, values)}
        self._call(lambda: self._deployments.deployments.begin_create_or_update(group, name, body, polling=False))

    def deployment(self, group: str, name: str) -> DeploymentState | None:
        """Where a deployment stands; None when there is none of that name."""
        try:
            found = self._call(lambda: self._deployments.deployments.get(group, name))
        except Missing:
            return None
        properties = found.properties
        code, text = innermost(properties.error) if properties.error is not None else ("", "")
        outputs = {key: value.get("value") for key, value in (properties.outputs or {}).items()}
        return DeploymentState(str(_word(properties.provisioning_state)), text, code, outputs)

    def operations(self, group: str, name: str) -> list[Operation]:
        """Every resource of a deployment that Azure has begun with."""
        rows = self._call(lambda: list(self._deployments.deployment_operations.list(group, name)))
        return [_operation(row.properties) for row in rows if row.properties and row.properties.target_resource]

    def deployment_cancel(self, group: str, name: str) -> None:
        try:
            self._call(lambda: self._deployments.deployments.cancel(group, name))
        except (Missing, Clash):
            return

    # -- machines

    def machines(self, group: str) -> list[Machine]:
        """The machines of a group with their power state."""

        def ask() -> list[Machine]:
            rows = self._compute.virtual_machines.list(group, expand="instanceView")
            return [_machine(row) for row in rows]

        try:
            return self._call(ask)
        except Missing:
            return []

    def machine_act(self, group: str, name: str, action: str) -> None:
        """Begin start, stop (deallocate: the CPU is no longer paid), restart, redeploy or delete."""
        machines = self._compute.virtual_machines
        begin: dict[str, Callable[..., Any]] = {
            "start": machines.begin_start,
            "stop": machines.begin_deallocate,
            "restart": machines.begin_restart,
            "redeploy": machines.begin_redeploy,
            "delete": machines.begin_delete,
        }
        self._call(lambda: begin[action](group, name, polling=False))

    # -- how

    @cached_property
    def _common(self) -> dict[str, Any]:
        common: dict[str, Any] = {
            "base_url": management_url(self.account, self._endpoints),
            "credential_scopes": [scope(self.account)],
            "polling_interval": self._polling,
            "connection_timeout": self._timeout,
            "read_timeout": self._timeout,
            "retry_total": 2,
        }
        if self._endpoints.ca:
            common["connection_verify"] = self._endpoints.ca
        return common

    @cached_property
    def _credential(self) -> Any:
        return credential(self.account, self._endpoints, timeout=self._timeout)

    @cached_property
    def _resources(self) -> Any:
        from azure.mgmt.resource.resources import ResourceManagementClient

        return ResourceManagementClient(self._credential, self.account.subscription_id, **self._common)

    @cached_property
    def _deployments(self) -> Any:
        from azure.mgmt.resource.deployments import DeploymentsMgmtClient

        return DeploymentsMgmtClient(self._credential, self.account.subscription_id, **self._common)

    @cached_property
    def _compute(self) -> Any:
        from azure.mgmt.compute import ComputeManagementClient

        return ComputeManagementClient(self._credential, self.account.subscription_id, **self._common)

    def _send(self, method: str, path: str) -> dict[str, Any]:
        """A request for which no client has a method."""
        from azure.core.exceptions import HttpResponseError
        from azure.core.rest import HttpRequest

        def ask() -> dict[str, Any]:
            answer = self._resources.send_request(HttpRequest(method, path))
            if answer.status_code >= 400:
                raise HttpResponseError(response=answer)
            body: dict[str, Any] = answer.json()
            return body

        return self._call(ask)

    def _call(self, work: Callable[[], T]) -> T:
        """`work`, with Azure's errors as ours. Raises AzureError."""
        from azure.core.exceptions import AzureError as SdkError
        from azure.core.exceptions import ClientAuthenticationError, HttpResponseError

        try:
            return work()
        except ClientAuthenticationError as error:
            raise SignInRefused(_first_line(error.message), _entra_code(error.message)) from error
        except HttpResponseError as error:
            raise _of_answer(error) from error
        except SdkError as error:
            raise Away(f"Azure did not answer: {_first_line(str(error))}", type(error).__name__) from error


def _of_answer(error: Any) -> AzureError:
    """Our error for one of the SDK's, by Azure's own code first and the status after it."""
    code, text = innermost(error.error) if getattr(error, "error", None) is not None else ("", "")
    text = text or _first_line(str(error.message))
    status = error.status_code or 0
    if code == "AuthorizationFailed" or status == 403:
        return (Rejected if code == "RequestDisallowedByPolicy" else NotPermitted)(text, code, action=_action(text))
    if status == 429:
        wait = error.response.headers.get("Retry-After", "") if error.response is not None else ""
        return Throttled(text, code, retry_after=float(wait) if wait.replace(".", "").isdigit() else 30.0)
    if status == 404:
        return Missing(text, code)
    if status in {409, 412} and code not in {"QuotaExceeded", "SkuNotAvailable", "OperationNotAllowed"}:
        return Clash(text, code)
    if status >= 500:
        return Away(text, code)
    return Rejected(text, code)


def _action(text: str) -> str:
    """The missing right in "… does not have authorization to perform action 'Microsoft.Compute/…' over scope …"."""
    _before, found, rest = text.partition("perform action '")
    return rest.partition("'")[0] if found else ""


def _entra_code(text: str) -> str:
    """The code in "AADSTS7000222: The provided client secret keys are expired"."""
    _before, found, rest = text.partition("AADSTS")
    return f"AADSTS{rest.partition(':')[0].strip()}" if found else ""


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0][:500] if text.strip() else ""


def _word(value: Any) -> str:
    return str(getattr(value, "value", value) or "")


def _properties(template: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    parameters = {name: {"value": value} for name, value in values.items()}
    return {"mode": "Incremental", "template": dict(template), "parameters": parameters}


def _type_and_name(resource_id: str) -> tuple[str, str]:
    """("Microsoft.Compute/virtualMachines/extensions", "vm/enrol") of a resource id."""
    _before, _sign, rest = resource_id.rpartition("/providers/")
    parts = rest.split("/")
    return "/".join([parts[0], *parts[1::2]]), "/".join(parts[2::2])


def _change(row: Any) -> Change:
    kind, name = _type_and_name(str(row.resource_id))
    return Change(_word(row.change_type), kind, name, tuple(str(one.path) for one in row.delta or []))


def _operation(properties: Any) -> Operation:
    target = properties.target_resource
    message = properties.status_message
    _code, text = innermost(message.error) if message is not None and message.error is not None else ("", "")
    return Operation(
        resource_type=str(target.resource_type or ""),
        name=str(target.resource_name or ""),
        state=_word(properties.provisioning_state),
        seconds=_seconds(properties.duration),
        error=text,
    )


def _seconds(duration: Any) -> float:
    """Of an ISO 8601 duration such as "PT1M22.8S", which the SDK leaves as text in some versions."""
    import re

    if hasattr(duration, "total_seconds"):
        return float(duration.total_seconds())
    found = re.fullmatch(r"P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?", str(duration or ""))
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups()) if found else (0, 0, 0, 0.0)
    return days * 86400 + hours * 3600 + minutes * 60 + seconds


def _size(row: Any) -> Size:
    able = {str(one.name): str(one.value) for one in row.capabilities or []}
    zones = {zone for place in row.location_info or [] for zone in place.zones or []}
    refused = next((_word(one.reason_code) for one in row.restrictions or [] if _word(one.type) == "Location"), "")
    return Size(
        name=str(row.name),
        cpus=int(float(able.get("vCPUs", "0"))),
        memory_gib=float(able.get("MemoryGB", "0")),
        family=str(row.family or ""),
        zones=tuple(sorted(zones)),
        refused=refused,
    )


def _machine(row: Any) -> Machine:
    group = str(row.id).split("/")[4]
    disk = row.storage_profile.os_disk if row.storage_profile is not None else None
    view = row.instance_view
    power = (
        next((str(one.code) for one in (view.statuses or []) if str(one.code).startswith("PowerState/")), "")
        if view
        else ""
    )
    return Machine(
        resource_id=str(row.id),
        name=str(row.name),
        group=group,
        region=str(row.location),
        size=_word(row.hardware_profile.vm_size) if row.hardware_profile is not None else "",
        os=_word(disk.os_type).lower() if disk is not None else "",
        power=power.removeprefix("PowerState/"),
        tags=dict(row.tags or {}),
    )
