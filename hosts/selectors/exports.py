"""What hosts and solutions would be as new machines: kinds of them, and what cannot be carried over."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from hosts.azure.exports import Kind
from hosts.azure.wishes import System, Wish
from hosts.meeting import ADDRESS_LABEL
from hosts.models import AzureBatch, Host, Solution

LABEL, ROLE_LABEL = "solution", "role"
# Labels that say where a host is; a new machine is elsewhere.
OF_THE_PLACE = {ADDRESS_LABEL, "azure", "azure-region"}
USUAL_REGION, USUAL_SIZE = "westeurope", "Standard_B2s"
USUAL_DISK, WINDOWS_DISK = 64, 127
# (size, CPUs, GiB), the smallest first.
SIZES = (
    (USUAL_SIZE, 2, 4),
    ("Standard_D2s_v5", 2, 8),
    ("Standard_D4s_v5", 4, 16),
    ("Standard_D8s_v5", 8, 32),
    ("Standard_D16s_v5", 16, 64),
    ("Standard_D32s_v5", 32, 128),
    ("Standard_D64s_v5", 64, 256),
)
BUILDS = {"20348": "windows-2022", "26100": "windows-2025"}
_ROLE = re.compile(r"[a-z]{2,5}\Z")


@dataclass(frozen=True)
class Shape:
    """Machines of one kind and whom they are made after. name: of the export; hosts: names."""

    kinds: tuple[Kind, ...]
    hosts: Mapping[str, tuple[str, ...]]
    warnings: tuple[str, ...] = ()

    @property
    def region(self) -> str:
        """Where the machines would be made."""
        return self.kinds[0].wish.region


def shape_of_hosts(hosts: Sequence[Host], *, name: str, region: str = "") -> Shape:
    """Hosts as kinds of machines: those of one system, size, disk and labels are one kind, called NAME-KIND-1, -2, ….

    A host that a batch in Azure made gets that batch's image, size, disk, zones and price; any other the smallest size
    that has its CPUs and memory. region: where they are made, "" for the region of the first that has one.
    """
    batches = _batches(hosts)
    warnings: list[str] = []
    grouped: dict[tuple[Wish, tuple[tuple[str, str], ...]], list[str]] = defaultdict(list)
    for host in sorted(hosts, key=lambda one: one.name):
        wish = _wish(host, batches.get(str(host.enrolment_id or "")), warnings)
        labels = tuple(sorted((key, value) for key, value in host.labels.items() if key not in OF_THE_PLACE))
        grouped[wish, labels].append(host.name)
    place = region or next((wish.region for wish, _labels in grouped if wish.region), USUAL_REGION)
    roles = _roles([(wish, dict(labels)) for wish, labels in grouped])
    kinds, named = [], {}
    for role, ((wish, labels), names) in zip(roles, grouped.items(), strict=True):
        made = replace(wish, name=f"{name}-{role}" if role else name, region=place, role=role, count=len(names))
        kinds.append(Kind(made, dict(labels)))
        named[role] = tuple(names)
    return Shape(tuple(kinds), named, tuple(warnings))


def shape_of_solution(solution: Solution, wishes: Iterable[Wish], *, name: str, region: str = "") -> Shape:
    """The machines of a solution under another name. wishes: its own; their hosts get the labels of its services."""
    kinds, named = [], {}
    hosts = list(solution.batch.hosts)
    for wish in wishes:
        made = replace(wish, name=f"{name}-{wish.role}", region=region or wish.region)
        kinds.append(Kind(made, {LABEL: name, ROLE_LABEL: wish.role}))
        named[wish.role] = tuple(sorted(host.name for host in hosts if host.labels.get(ROLE_LABEL) == wish.role))
    return Shape(tuple(kinds), named)


def _batches(hosts: Sequence[Host]) -> dict[str, AzureBatch]:
    """Batches by the enrolment that their machines came by."""
    ids = {host.enrolment_id for host in hosts if host.enrolment_id}
    return {str(batch.enrolment_id): batch for batch in AzureBatch.objects.filter(enrolment_id__in=ids)}


def _wish(host: Host, batch: AzureBatch | None, warnings: list[str]) -> Wish:
    """The machine that a host would be. Its name and role come later."""
    image = _image(host, warnings)
    if host.architecture and host.architecture != "amd64":
        text = _("%(host)s has a processor of the kind %(architecture)s; the template makes x64 machines.")
        warnings.append(text % {"host": host.name, "architecture": host.architecture})
    if batch is None:
        disk = WINDOWS_DISK if host.os == System.WINDOWS.value else USUAL_DISK
        return Wish("", "", image, _size(host), disk_gib=disk)
    own = next((one for one in batch.groups if _of_group(host, batch, one)), None)
    given = own or {"image": batch.image, "size": batch.size, "disk_gib": batch.disk_gib, "open_ports": []}
    return Wish(
        "",
        batch.region,
        str(given["image"]) or image,
        str(given["size"]) or _size(host),
        zones=tuple(batch.zones),
        spot=batch.spot,
        disk_gib=int(given["disk_gib"]),
        open_ports=tuple(given["open_ports"]),
    )


def _of_group(host: Host, batch: AzureBatch, group: Mapping[str, object]) -> bool:
    known = str(host.facts.get("hostname") or host.name).lower()
    return host.labels.get(ROLE_LABEL) == group["role"] or known.startswith(f"{batch.name}-{group['role']}-")


def _image(host: Host, warnings: list[str]) -> str:
    """The system that is nearest to the host's own."""
    words = {"host": host.name, "system": host.os_name or host.os or _("an unknown system")}
    if host.os == System.WINDOWS.value:
        parts = host.os_version.split(".")
        found = BUILDS.get(parts[2] if len(parts) > 2 else "")
        if found is None:
            text = _("%(host)s runs %(system)s; the template has Windows Server 2022, whose containers may differ.")
            warnings.append(text % words)
        return found or "windows-2022"
    if "ubuntu" not in host.os_name.lower():
        warnings.append(_("%(host)s runs %(system)s; the template has Ubuntu Server 24.04.") % words)
    return "ubuntu-22.04" if "22.04" in host.os_name else "ubuntu-24.04"


def _size(host: Host) -> str:
    """The smallest size with the host's CPUs and memory; systems report a little less than the machine has."""
    gib = host.memory_bytes / (1 << 30)
    fitting = (name for name, cpus, memory in SIZES if cpus >= host.cpus and memory * 1.02 >= gib)
    return next(fitting, SIZES[-1][0])


def _roles(groups: Sequence[tuple[Wish, Mapping[str, str]]]) -> list[str]:
    """A short word for each kind: its label `role` where that is one, else its system; "" when there is one kind."""
    if len(groups) == 1:
        return [""]
    found: list[str] = []
    for wish, labels in groups:
        own = labels.get(ROLE_LABEL, "")
        base = own if _ROLE.match(own) else "win" if wish.system is System.WINDOWS else "lin"
        more = (f"{base[:4]}{letter}" for letter in "abcdefghijklmnopqrstuvwxyz")
        found.append(next(one for one in (base, *more) if one not in found))
    return found
