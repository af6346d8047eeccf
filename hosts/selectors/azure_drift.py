"""Where Azure and the portal differ about a machine. From what is stored; nothing is asked."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from hosts.models import AzureMachine, Host
from hosts.models.hosts import HostState

PASSING = {"starting", "stopping", "deallocating", ""}
RUNS = "running"


@dataclass(frozen=True)
class Drift:
    """kind: gone, power, size, tags or host. text: what differs and what to do."""

    kind: str
    text: str


def drift_of(machine: AzureMachine, host: Host | None, *, batch_tag: str = "") -> list[Drift]:
    """Everything that differs; nothing while an asked-for change is under way. batch_tag: what its tag should say."""
    if machine.gone_at is not None:
        text = _("Azure no longer has it. Forget it here, or make it again with a new batch.")
        return [Drift("gone", text)]
    if machine.asked:
        return []
    found = []
    if machine.expected_power and machine.power not in PASSING | {machine.expected_power}:
        text = _("It is %(is)s, and the portal left it %(was)s: somebody changed it in Azure.")
        found.append(Drift("power", text % {"is": machine.power, "was": machine.expected_power}))
    if machine.expected_size and machine.size.lower() != machine.expected_size.lower():
        text = _("Its size is %(is)s, and the portal left it %(was)s.")
        found.append(Drift("size", text % {"is": machine.size, "was": machine.expected_size}))
    if batch_tag and machine.tags.get("pierhead-batch") != batch_tag:
        text = _("Its tag pierhead-batch was changed or removed; the nightly search for left-overs relies on it.")
        found.append(Drift("tags", text))
    if machine.power == RUNS and host is not None and host.state is HostState.OFFLINE:
        text = _("The machine runs, and its agent does not answer. Look at its console, or restart it.")
        found.append(Drift("host", text))
    return found


def hosts_by_machine(machines: list[AzureMachine], hosts: list[Host]) -> dict[int, Host]:
    """The host that each machine has become: by its own enrolment when it was imported, by its name otherwise."""
    by_enrolment = {host.enrolment_id: host for host in hosts if host.enrolment_id}
    by_name = {host.name: host for host in hosts}
    found = {}
    for machine in machines:
        host = by_enrolment.get(machine.enrolment_id) if machine.enrolment_id else by_name.get(machine.name)
        if host is not None:
            found[machine.pk] = host
    return found
