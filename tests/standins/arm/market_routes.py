"""Routes of the stand-in to what it offers, and to what is done with machines that exist already."""

import base64
import gzip
from typing import TYPE_CHECKING, Any

from .refusals import Refused

if TYPE_CHECKING:
    from .server import Handler

Body = dict[str, Any]
MACHINE = "Microsoft.Compute/virtualMachines"
_VM = r"/resourcegroups/(?P<group>[^/]+)/providers/microsoft\.compute/virtualmachines/(?P<name>[^/]+)"


def skus(handler: "Handler", found: Body, query: Any, body: Any) -> None:
    region = query.get("$filter", ["location eq 'westeurope'"])[0].split("'")[1]
    world = handler.arm.world
    rows = world.market.skus(region)
    known = {row["name"] for row in rows}
    plain = [name for name in world.sizes if name not in known]
    rows += [{**rows[0], "name": name, "capabilities": _able(world.sizes[name])} for name in plain]
    handler._say(200, {"value": rows})


def _able(cpus: int) -> list[Body]:
    return [{"name": "vCPUs", "value": str(cpus)}, {"name": "MemoryGB", "value": "8"}]


def usages(handler: "Handler", found: Body, query: Any, body: Any) -> None:
    handler._say(200, {"value": handler.arm.world.market.usages(handler.arm.world.cpus_left)})


def catalogue(handler: "Handler", found: Body, query: Any, body: Any) -> None:
    words = [found[name] for name in ("publisher", "offer", "sku", "version") if found.get(name)]
    answer = handler.arm.world.market.catalogue(words, query)
    if answer is None:
        raise Refused(404, "NotFound", f"Artifact {'/'.join(words)} was not found.")
    handler._say(200, answer)


def agreement(handler: "Handler", found: Body, query: Any, body: Any) -> None:
    accept = handler.command == "PUT"
    if accept and not (body["properties"]["accepted"] and body["properties"].get("signature") == "SIGNATURE"):
        raise Refused(400, "BadRequest", "The terms have to be sent back as they were given out.")
    names = (found["publisher"], found["offer"], found["plan"])
    answer = handler.arm.world.market.agreement(*names, accept=accept)
    if answer is None:
        raise Refused(404, "NotFound", "There is no such plan.")
    handler._say(200, answer)


def machines_all(handler: "Handler", found: Body, query: Any, body: Any) -> None:
    rows = handler.arm.world.resources.items()
    shown = [handler._machine_shown(key, one) for key, one in rows if one["type"] == MACHINE]
    for one in shown:
        del one["properties"]["instanceView"]
    handler._say(200, {"value": shown})


def machine_sizes(handler: "Handler", found: Body, query: Any, body: Any) -> None:
    _key(handler, found)
    offers = [one for one in handler.arm.world.market.sizes if not one.refused and not one.arm]
    rows = [{"name": one.name, "numberOfCores": one.cpus, "memoryInMB": one.memory * 1024} for one in offers]
    handler._say(200, {"value": rows})


def machine_patch(handler: "Handler", found: Body, body: Any) -> None:
    """Another size, other tags."""
    key = _key(handler, found)
    machine = handler.arm.world.resources[key]
    size = (body.get("properties") or {}).get("hardwareProfile", {}).get("vmSize")
    if size:
        if size not in {one.name for one in handler.arm.world.market.sizes if not one.refused}:
            raise Refused(400, "InvalidParameter", f"The value {size} provided for the VM size is not valid.")
        machine["properties"] = {**machine["properties"], "hardwareProfile": {"vmSize": size}}
    handler._say(200, handler._machine_shown(key, machine))


def extension(handler: "Handler", found: Body, query: Any, body: Any) -> None:
    """An extension put on a machine that exists: its set-up runs when it is created."""
    key = _key(handler, found)
    world, place = handler.arm.world, f"{found['name']}/{found['part']}"
    own = world.resource_id(found["group"], f"{MACHINE}/extensions", place)
    if handler.command == "PUT":
        world.resources[own.lower()] = {
            "type": f"{MACHINE}/extensions",
            "name": place,
            "group": found["group"],
            "state": _run(world, found["name"], key, body["properties"]["protectedSettings"]),
            "text": world.market_text,
        }
    _shown(handler, own, place)


def run_command(handler: "Handler", found: Body, query: Any, body: Any) -> None:
    """A run command with protected parameters; the stand-in hands them to the machine as the extension's."""
    key = _key(handler, found)
    world, place = handler.arm.world, f"{found['name']}/{found['part']}"
    own = world.resource_id(found["group"], f"{MACHINE}/runCommands", place)
    if handler.command == "PUT":
        given = {one["name"]: one["value"] for one in body["properties"]["protectedParameters"]}
        state = _run(world, found["name"], key, {"script": given["setup"]})
        world.resources[own.lower()] = {
            "type": f"{MACHINE}/runCommands",
            "name": place,
            "group": found["group"],
            "state": state,
            "text": world.market_text,
        }
    _shown(handler, own, place)


def _run(world: Any, name: str, key: str, protected: Body) -> str:
    if world.power.get(key) != "running":
        raise Refused(409, "OperationNotAllowed", "Cannot modify extensions in the VM when the VM is not running.")
    if "script" in protected:
        gzip.decompress(base64.b64decode(protected["script"]))
    if world.boot is not None and not world.market_text:
        world.boot(name, protected)
    return "Failed" if world.market_text else "Succeeded"


def _shown(handler: "Handler", own: str, place: str) -> None:
    row = handler.arm.world.resources.get(own.lower())
    if row is None:
        raise Refused(404, "ResourceNotFound", f"The Resource '{place}' was not found.")
    view = {"statuses": [{"code": f"ProvisioningState/{row['state'].lower()}", "message": row["text"]}]}
    properties = {"provisioningState": row["state"], "instanceView": view}
    handler._say(200, {"id": own, "name": place.split("/")[1], "location": "westeurope", "properties": properties})


def _key(handler: "Handler", found: Body) -> str:
    world = handler.arm.world
    key = world.resource_id(found["group"], MACHINE, found["name"]).lower()
    if key not in world.resources:
        raise Refused(404, "ResourceNotFound", f"The Resource '{MACHINE}/{found['name']}' was not found.")
    return key


_IMAGES = r"/providers/microsoft\.compute/locations/(?P<region>[^/]+)/publishers"
_TERMS = (
    r"/providers/microsoft\.marketplaceordering/offertypes/virtualmachine/publishers/(?P<publisher>[^/]+)"
    r"/offers/(?P<offer>[^/]+)/plans/(?P<plan>[^/]+)/agreements/current"
)
ROUTES: tuple[tuple[str, Any], ...] = (
    (r"/providers/microsoft\.compute/skus", skus),
    (r"/providers/microsoft\.compute/locations/(?P<region>[^/]+)/usages", usages),
    (
        _IMAGES + r"(?:/(?P<publisher>[^/]+)/artifacttypes/vmimage/offers(?:/(?P<offer>[^/]+)/skus"
        r"(?:/(?P<sku>[^/]+)/versions(?:/(?P<version>[^/]+))?)?)?)?",
        catalogue,
    ),
    (_TERMS, agreement),
    (r"/providers/microsoft\.compute/virtualmachines", machines_all),
    (_VM + r"/vmsizes", machine_sizes),
    (_VM + r"/extensions/(?P<part>[^/]+)", extension),
    (_VM + r"/runcommands/(?P<part>[^/]+)", run_command),
)
