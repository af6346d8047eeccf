"""Which container goes to which host. Pure; the rules are in docs/placement.md.

Targets are candidates: each replica of a service runs on one of them. A replica stays where it runs; "pack" keeps the
services of one application together, "spread" keeps replicas apart; an image that is there already attracts. Ties go
by name, so that the same world gives the same plan.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from gallery.compose.types import Service
from hosts import constraints, placement
from hosts.fitting import against, collision
from hosts.observed import ONLINE, ObservedContainer, ObservedHost
from hosts.plan_types import Refusal
from hosts.wanted import SPREAD, Wanted
from hosts.windows.services import service_findings

RETURNING = ("offline", "stale")  # away, and given their part when they are back
Places = dict[int, ObservedHost]  # number of a replica -> its host


@dataclass
class Choice:
    """places: service name -> where each replica goes; refusals and warnings that came up."""

    places: dict[str, Places] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    _here: dict[str, list[tuple[Service, int]]] = field(default_factory=dict)

    def replicas_on(self, host_id: str) -> list[tuple[Service, int]]:
        """What was put on a host: each service with the number of the replica, in the order it was put there."""
        return self._here.get(host_id, [])

    def services_on(self, host_id: str) -> list[Service]:
        """The services of which something was put on a host, each once."""
        return list({service.name: service for service, _ in self.replicas_on(host_id)}.values())

    def hosts_of(self, service: str) -> list[ObservedHost]:
        """Where its replicas run, each host once, in the order of their numbers."""
        return list({host.id: host for host in self.places.get(service, {}).values()}.values())

    def host_of(self, service: str) -> ObservedHost | None:
        """Where its first replica runs."""
        return next(iter(self.hosts_of(service)), None)

    def put(self, service: Service, number: int, host: ObservedHost) -> None:
        self.places.setdefault(service.name, {})[number] = host
        self._here.setdefault(host.id, []).append((service, number))


@dataclass(frozen=True)
class _Search:
    """What choosing for one service looks at. popular: how many of the services fit on a host."""

    wanted: Wanted
    service: Service
    choice: Choice
    popular: dict[str, int]

    def count(self, host: ObservedHost) -> int:
        """Replicas of the service that were put on the host."""
        return sum(there is host for there in self.choice.places.get(self.service.name, {}).values())


def choose(wanted: Wanted, hosts: Sequence[ObservedHost]) -> Choice:
    """A host for every replica of every service, or why there is none."""
    choice = Choice()
    ready = _ready(wanted, hosts, choice)
    _absent_images(wanted, hosts, choice)
    _bad_constraints(wanted, choice)
    if choice.refusals:
        return choice
    fits = {service.name: [host for host in ready if not against(wanted, service, host)] for service in _all(wanted)}
    popular = {host.id: sum(host in found for found in fits.values()) for host in ready}
    for service in _all(wanted):
        search = _Search(wanted, service, choice, popular)
        placed = _everywhere(search, fits[service.name]) if service.mode == "global" else _each(search, fits)
        if not placed:
            choice.refusals += _why_none(search, ready)
    _memory_warnings(choice, ready)
    _windows_warnings(wanted, choice)
    return choice


def _each(search: _Search, fits: dict[str, list[ObservedHost]]) -> bool:
    """Put every replica somewhere; False when one finds no place."""
    service = search.service
    for number in range(1, service.replicas + 1):
        free = [host for host in fits[service.name] if not _crowded(search, host)]
        if not free:
            return False
        search.choice.put(service, number, min(free, key=lambda host: _liking(search, number, host)))
    return True


def _everywhere(search: _Search, fitting: Sequence[ObservedHost]) -> bool:
    """One on each host that fits, under the number it has there already; False when none fits."""
    service, taken = search.service, set[int]()
    free = [host for host in fitting if not _crowded(search, host)]
    numbers: dict[str, int] = {}
    for host in free:
        own = [one.number for one in _own(search.wanted, host) if one.service == service.name and one.number]
        if own and min(own) not in taken:
            numbers[host.id] = min(own)
            taken.add(min(own))
    for host in free:
        number = numbers.get(host.id) or next(one for one in range(1, len(free) + 2) if one not in taken)
        taken.add(number)
        search.choice.put(service, number, host)
    return bool(free)


def _crowded(search: _Search, host: ObservedHost) -> bool:
    """Whether one more replica is too many on the host, by max_replicas_per_node or a port."""
    most = search.service.placement.max_per_host
    if most and search.count(host) >= most:
        return True
    return collision(search.service, [service for service, _ in search.choice.replicas_on(host.id)]) is not None


def _all(wanted: Wanted) -> tuple[Service, ...]:
    return wanted.project.services


def _ready(wanted: Wanted, hosts: Sequence[ObservedHost], choice: Choice) -> list[ObservedHost]:
    """The hosts that can start something: now, or when they are back.

    Of hosts named one by one each must be fit for it; of others one is enough, and those that are away are taken only
    when no other is there.
    """
    ready, later, unfit = [], [], []
    for host in hosts:
        fit = placement.host_ready(host)
        if fit.ok:
            ready.append(host)
        elif host.state in RETURNING:
            later.append(host)
        else:
            unfit.append(Refusal(fit.code, fit.reason, host=host.name))
    if not hosts:
        choice.refusals.append(
            Refusal("no-host", "There is no host to run it on. Add a host, or choose other targets.")
        )
    elif unfit and (wanted.named or not (ready or later)):
        choice.refusals += unfit
    if ready and not wanted.named:
        choice.warnings += [refusal.detail for refusal in unfit] + [
            host.away or f"{host.name} is {host.state}." for host in later
        ]
        return ready
    choice.warnings += [
        f"{host.name} is {host.state}: what it shall run waits in its queue until it is back, for 24 hours at most."
        for host in later
    ]
    return ready + later


def _absent_images(wanted: Wanted, hosts: Sequence[ObservedHost], choice: Choice) -> None:
    """An image that no registry has and no host holds."""
    for service in _all(wanted):
        image = wanted.images[service.image]
        if image.problem_detail and not any(host.image(image.reference) for host in hosts):
            choice.refusals.append(Refusal(image.problem_code, image.problem_detail, service.name))


def _bad_constraints(wanted: Wanted, choice: Choice) -> None:
    """Constraints and preferences that say nothing we know."""
    for service in _all(wanted):
        texts = [*service.placement.constraints, *(f"{key} == x" for key in service.placement.spread)]
        for text in texts:
            try:
                constraints.read(text)
            except constraints.NoConstraint as error:
                choice.refusals.append(Refusal("constraint-invalid", str(error), service.name))


def _windows_warnings(wanted: Wanted, choice: Choice) -> None:
    """What the engine of a chosen Windows host takes and ignores."""
    for service in _all(wanted):
        for host in choice.hosts_of(service.name):
            found = service_findings(wanted.project, service, host)
            choice.warnings += [f"{service.name} on {host.name}: {one.text}" for one in found if not one.refused]


def _own(wanted: Wanted, host: ObservedHost) -> list[ObservedContainer]:
    """The project's containers on a host."""
    return [one for one in host.containers if one.project == wanted.project.name and not one.oneoff]


def _liking(search: _Search, number: int, host: ObservedHost) -> tuple[object, ...]:
    """Sorts hosts from best to worst for one replica."""
    own = _own(search.wanted, host)
    stays = any(one.service == search.service.name and one.number == number for one in own)
    return (
        _too_full(search, host),
        not stays,
        host.state != ONLINE,
        *_apart(search, host),
        not any(one.service == search.service.name for one in own),
        not search.choice.replicas_on(host.id),
        not own,
        -search.popular[host.id],
        host.image(search.service.image) is None,
        sum(one.state == "running" for one in host.containers),
        host.name,
        host.id,
    )


def _apart(search: _Search, host: ObservedHost) -> tuple[int, ...]:
    """Fewest replicas first, by each spread preference and then by host; the same for all when packing."""
    keys = search.service.placement.spread
    if not keys and search.wanted.strategy != SPREAD:
        return ()
    there = search.choice.places.get(search.service.name, {}).values()
    by_key = [sum(constraints.value_of(key, one) == constraints.value_of(key, host) for one in there) for key in keys]
    on_host = sum(one is host for one in there)
    return (*by_key, on_host, len(search.choice.replicas_on(host.id)))


def _too_full(search: _Search, host: ObservedHost) -> bool:
    """Whether the memory limits of what was put there and of one more are more than the machine has."""
    wanted = search.service.resources.memory or 0
    if not wanted or not host.memory_bytes:
        return False
    return _memory_on(search.choice, host) + wanted > host.memory_bytes


def _memory_on(choice: Choice, host: ObservedHost) -> int:
    return sum(service.resources.memory or 0 for service, _ in choice.replicas_on(host.id))


def _why_none(search: _Search, ready: Sequence[ObservedHost]) -> list[Refusal]:
    """Every host's reason; with many hosts one for each distinct code."""
    reasons = [refusal for host in ready if (refusal := _why_not(search, host)) is not None]
    if len(ready) <= 3:
        return reasons
    return [refusal for index, refusal in enumerate(reasons) if refusal.code not in {r.code for r in reasons[:index]}]


def _why_not(search: _Search, host: ObservedHost) -> Refusal | None:
    service = search.service
    refusal = against(search.wanted, service, host)
    if refusal is not None:
        return refusal
    most = service.placement.max_per_host
    if most and search.count(host) >= most:
        detail = (
            f"{service.name} shall run {service.replicas} times, at most {most} times on one host, and {host.name} has "
            "that many. Add hosts, or ask for fewer replicas."
        )
        return Refusal("replicas-too-many", detail, service.name, host.name)
    found = collision(service, [one for one, _ in search.choice.replicas_on(host.id)])
    if found is None:
        return None
    port, other = found
    detail = f"{service.name} and {other} both publish port {port.published}/{port.protocol} on {host.name}."
    if other == service.name:
        detail = (
            f"{service.name} would publish port {port.published}/{port.protocol} more than once on {host.name}. "
            "Publish a range of ports or none, add hosts, or ask for fewer replicas."
        )
    return Refusal("port-twice", detail, service.name, host.name)


def _memory_warnings(choice: Choice, ready: Sequence[ObservedHost]) -> None:
    """Limits that are each fine and together more than the machine has."""
    for host in ready:
        total = _memory_on(choice, host)
        if host.memory_bytes and total > host.memory_bytes and host.state == ONLINE:
            choice.warnings.append(
                f"Together these services may use {total / 2**30:.1f} GiB on {host.name}, which has "
                f"{host.memory_bytes / 2**30:.1f} GiB."
            )
