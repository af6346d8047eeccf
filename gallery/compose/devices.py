"""Devices of a service: of the host, handed out by a driver, and the weights of block devices."""

from .nodes import Items, Map, Node, Scalar
from .parts import BlockIo, DeviceRequest, Throttle
from .reader import Reader
from .types import Device

_DRIVER_PARTS = ("capabilities", "count", "device_ids", "driver", "options")


def read_devices(reader: Reader, node: Node, path: str) -> tuple[Device, ...]:
    """[services.devices] /dev/ttyUSB0:/dev/ttyUSB0:rwm, or source, target and permissions; class/GUID on Windows."""
    found: list[Device] = []
    for number, item in enumerate(node.items if isinstance(node, Items) else ()):
        where = f"{path}[{number}]"
        if isinstance(item, Map):
            known = reader.checked(item, where, ("source", "target", "permissions"))
            source = reader.text(known.get("source"), f"{where}.source") or ""
            target = reader.text(known.get("target"), f"{where}.target") or source
            permissions = reader.text(known.get("permissions"), f"{where}.permissions") or "rwm"
        else:
            parts = (reader.text(item, where) or "").split(":")
            source, target = parts[0], parts[1] if len(parts) > 1 else parts[0]
            permissions = parts[2] if len(parts) > 2 else "rwm"
        if not source.startswith(("/", "class/")) or not set(permissions) <= set("rwm"):
            reader.refuse(where, item, f"“{source}” is not a device.", "Write it like /dev/ttyUSB0:/dev/ttyUSB0:rwm.")
            continue
        found.append(Device(source, target, permissions))
    if not isinstance(node, Items):
        reader.refuse(path, node, "This must be a list.")
    return tuple(found)


def read_gpus(reader: Reader, node: Node, path: str) -> tuple[DeviceRequest, ...]:
    """[services.gpus] "all", or a list of requests; each is for a gpu besides what it names."""
    if isinstance(node, Scalar):
        text = reader.text(node, path)
        if text == "all":
            return (DeviceRequest(("gpu",), -1),)
        reader.refuse(
            path, node, f"“{text}” is not a choice of GPUs.", "Write all, or a list with count or device_ids."
        )
        return ()
    return read_device_requests(reader, node, path, usual="gpu")


def read_device_requests(reader: Reader, node: Node | None, path: str, *, usual: str = "") -> tuple[DeviceRequest, ...]:
    """A list of requests to drivers. usual: a capability that each has anyway; without it each must name its own."""
    if node is None:
        return ()
    if not isinstance(node, Items):
        reader.refuse(path, node, "This must be a list.")
        return ()
    found = []
    for number, item in enumerate(node.items):
        request = _request(reader, item, f"{path}[{number}]", usual)
        if request is not None:
            found.append(request)
    return tuple(found)


def _request(reader: Reader, node: Node, path: str, usual: str) -> DeviceRequest | None:
    known = reader.checked(node, path, _DRIVER_PARTS)
    capabilities = reader.texts(known.get("capabilities"), f"{path}.capabilities")
    if usual and usual not in capabilities:
        capabilities = (usual, *capabilities)
    if not capabilities:
        reader.refuse(path, node, "“capabilities” is missing.", "Name what is needed, like [gpu].")
        return None
    ids = reader.texts(known.get("device_ids"), f"{path}.device_ids")
    count_node = known.get("count")
    if ids and count_node is not None:
        reader.refuse(path, count_node, "“count” and “device_ids” do not go together.", "Remove one of them.")
        return None
    text = reader.text(count_node, f"{path}.count")
    count = -1 if text == "all" else reader.integer(count_node, f"{path}.count", -1, 1000)
    return DeviceRequest(
        capabilities,
        0 if ids else -1 if count is None else count,
        ids,
        reader.text(known.get("driver"), f"{path}.driver") or "",
        reader.labels(known.get("options"), f"{path}.options"),
    )


def read_block_io(reader: Reader, node: Node, path: str) -> BlockIo:
    """[services.blkio_config]"""
    rates = ("device_read_bps", "device_read_iops", "device_write_bps", "device_write_iops")
    known = reader.checked(node, path, ("weight", "weight_device", *rates))
    read = {name: _throttles(reader, known.get(name), f"{path}.{name}", "rate") for name in rates}
    return BlockIo(
        reader.integer(known.get("weight"), f"{path}.weight", 10, 1000) or 0,
        _throttles(reader, known.get("weight_device"), f"{path}.weight_device", "weight"),
        *(read[name] for name in rates),
    )


def _throttles(reader: Reader, node: Node | None, path: str, what: str) -> tuple[Throttle, ...]:
    if node is None:
        return ()
    if not isinstance(node, Items):
        reader.refuse(path, node, "This must be a list.")
        return ()
    found = []
    for number, item in enumerate(node.items):
        where = f"{path}[{number}]"
        known = reader.checked(item, where, ("path", what))
        device = reader.text(known.get("path"), f"{where}.path")
        value = known.get(what)
        if what == "weight":
            rate = reader.integer(value, f"{where}.{what}", 10, 1000)
        else:
            rate = reader.size(value, f"{where}.{what}")
        if device is None or not device.startswith("/"):
            reader.refuse(where, item, "“path”, a block device like /dev/sda, is missing.")
        elif rate is not None:
            found.append(Throttle(device, rate))
    return tuple(found)


def read_device_rules(reader: Reader, node: Node, path: str) -> tuple[str, ...]:
    """[services.device_cgroup_rules] "c 1:3 mr"; the engine checks them."""
    return reader.texts(node, path)
