"""What the SDK's answers and errors say, in the house's own types."""

import re
from collections.abc import Mapping
from typing import Any

from .errors import Away, AzureError, Clash, Missing, NotPermitted, Rejected, Throttled, innermost
from .types import Change, Machine, Operation, Quota, Run, Size


def error_of(error: Any) -> AzureError:
    """Our error for one of the SDK's, by Azure's own code first and the status after it."""
    code, text = innermost(error.error) if getattr(error, "error", None) is not None else ("", "")
    text = text or first_line(str(error.message))
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


def entra_code(text: str) -> str:
    """The code in "AADSTS7000222: The provided client secret keys are expired"."""
    _before, found, rest = text.partition("AADSTS")
    return f"AADSTS{rest.partition(':')[0].strip()}" if found else ""


def first_line(text: str) -> str:
    return text.strip().splitlines()[0][:500] if text.strip() else ""


def word_of(value: Any) -> str:
    return str(getattr(value, "value", value) or "")


def properties_of(template: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    parameters = {name: {"value": value} for name, value in values.items()}
    return {"mode": "Incremental", "template": dict(template), "parameters": parameters}


def _type_and_name(resource_id: str) -> tuple[str, str]:
    """("Microsoft.Compute/virtualMachines/extensions", "vm/enrol") of a resource id."""
    _before, _sign, rest = resource_id.rpartition("/providers/")
    parts = rest.split("/")
    return "/".join([parts[0], *parts[1::2]]), "/".join(parts[2::2])


def change_of(row: Any) -> Change:
    kind, name = _type_and_name(str(row.resource_id))
    return Change(word_of(row.change_type), kind, name, tuple(str(one.path) for one in row.delta or []))


def operation_of(properties: Any) -> Operation:
    target = properties.target_resource
    message = properties.status_message
    _code, text = innermost(message.error) if message is not None and message.error is not None else ("", "")
    return Operation(
        resource_type=str(target.resource_type or ""),
        name=str(target.resource_name or ""),
        state=word_of(properties.provisioning_state),
        seconds=_seconds(properties.duration),
        error=text,
    )


def _seconds(duration: Any) -> float:
    """Of an ISO 8601 duration such as "PT1M22.8S", which the SDK leaves as text in some versions."""
    if hasattr(duration, "total_seconds"):
        return float(duration.total_seconds())
    found = re.fullmatch(r"P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?", str(duration or ""))
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups()) if found else (0, 0, 0, 0.0)
    return days * 86400 + hours * 3600 + minutes * 60 + seconds


def size_of(row: Any) -> Size:
    able = {str(one.name): str(one.value) for one in row.capabilities or []}
    zones = {zone for place in row.location_info or [] for zone in place.zones or []}
    restrictions = row.restrictions or []
    refused = next((word_of(one.reason_code) for one in restrictions if word_of(one.type) == "Location"), "")
    for one in restrictions:
        if word_of(one.type) == "Zone" and one.restriction_info is not None:
            zones -= set(one.restriction_info.zones or [])
    return Size(
        name=str(row.name),
        cpus=int(float(able.get("vCPUs", "0"))),
        memory_gib=float(able.get("MemoryGB", "0")),
        family=str(row.family or ""),
        zones=tuple(sorted(zones)),
        refused=refused,
        architecture={"x64": "amd64", "arm64": "arm64"}.get(able.get("CpuArchitectureType", "x64").lower(), "amd64"),
    )


def quota_of(row: Any) -> Quota:
    return Quota(str(row.name.value), int(row.current_value), int(row.limit), str(row.name.localized_value or ""))


def run_of(row: Any) -> Run:
    """Of an extension or a run command, with its instance view."""
    view = row.instance_view
    lines = [str(one.message or "") for one in getattr(view, "statuses", None) or []]
    lines += [str(one.message or "") for one in getattr(view, "substatuses", None) or []]
    lines += [str(getattr(view, name, None) or "") for name in ("execution_message", "output", "error")]
    state = word_of(row.provisioning_state)
    code = getattr(view, "exit_code", None)
    if state == "Succeeded" and word_of(getattr(view, "execution_state", None)) in {"Failed", "TimedOut", "Canceled"}:
        state = "Failed"
    text = "\n".join(line.strip() for line in lines if line.strip())
    return Run(state, text or (f"It ended with code {code}." if code else ""))


def machine_of(row: Any) -> Machine:
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
        size=word_of(row.hardware_profile.vm_size) if row.hardware_profile is not None else "",
        os=word_of(disk.os_type).lower() if disk is not None else "",
        power=power.removeprefix("PowerState/"),
        tags=dict(row.tags or {}),
    )
