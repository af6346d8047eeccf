"""Observed containers and a wanted deployment -> steps. Pure: no engine, no clock, no journal.

Everything is decided from what is observed, so that after a crash at any point the same question gives the rest of the
answer. Two marks make that possible: a container that gives way is renamed to `<first 12 of its id>_<name>`, and what
a command creates carries its id in the label `io.pierhead.command`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from .clashes import Claims, claims_of, clash
from .inherit import Anonymous, heritage
from .protocol.bodies import ContainerSpec, Deploy
from .steps import (
    Await,
    Connect,
    Create,
    CreateNetwork,
    CreateVolume,
    Keep,
    Remove,
    SetAside,
    Stage,
    Start,
    Step,
    Stop,
    Track,
)

COMMAND_LABEL = "io.pierhead.command"
PROJECT_LABEL = "com.docker.compose.project"
HASH_LABEL = "com.docker.compose.config-hash"
ONEOFF_LABEL = "com.docker.compose.oneoff"

NO_CLAIMS = Claims()
RUNNING = frozenset({"running", "restarting", "paused"})
USELESS = frozenset({"dead", "removing"})


@dataclass(frozen=True, slots=True)
class Seen:
    """One container of the project. command: the command that made it; exit_code: None unless it has exited.

    anonymous: its volumes that have no name of their own.
    """

    cid: str
    name: str
    image_id: str
    state: str
    config_hash: str = ""
    command: str = ""
    exit_code: int | None = None
    claims: Claims = NO_CLAIMS
    anonymous: tuple[Anonymous, ...] = ()

    @property
    def running(self) -> bool:
        return self.state in RUNNING

    @property
    def aside_name(self) -> str:
        """Its name while it gives way."""
        return f"{self.cid[:12]}_{self.plain_name}"

    @property
    def is_aside(self) -> bool:
        return self.name.startswith(f"{self.cid[:12]}_")

    @property
    def plain_name(self) -> str:
        """Its proper name."""
        return self.name.removeprefix(f"{self.cid[:12]}_")


@dataclass(frozen=True, slots=True)
class Observed:
    """What the engine holds of a project.

    images: reference -> image id; networks, volumes: name -> the command that made it, "" for another maker.
    declared: reference of an image -> the places that it declares as volumes.
    """

    containers: tuple[Seen, ...] = ()
    images: Mapping[str, str] = field(default_factory=dict)
    networks: Mapping[str, str] = field(default_factory=dict)
    volumes: Mapping[str, str] = field(default_factory=dict)
    declared: Mapping[str, Collection[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """forward: up to every container started; cleanup: once they have settled, what gave way goes.

    retire: instead of cleanup while the end of a rollout is open: what gave way by an update's order is stopped.
    """

    forward: tuple[Stage, ...]
    cleanup: tuple[Stage, ...]
    retire: tuple[Stage, ...] = ()


def plan(observed: Observed, deploy: Deploy, command: str, *, trust_completed: bool = True) -> Plan:
    """The steps from what is to what is wanted.

    trust_completed: whether a one-shot of this command that has ended well is done. False after the engine was away,
    which ends every container, well or not.
    """
    command = deploy.run or command
    wanted = {spec.name: spec for spec in deploy.containers}
    acting = acting_of(deploy)
    current = {seen.name: seen for seen in observed.containers if not seen.is_aside}
    kept = {spec.name for spec in acting if (seen := current.get(spec.name)) and _fits(seen, spec, observed.images)}
    staying = kept | (set(wanted) - {spec.name for spec in acting})  # the rest belongs to other batches
    leaving = tuple(seen for seen in observed.containers if seen.name not in staying)
    stages: list[Stage] = [_resources(observed, deploy)]
    for level in levels(acting):
        stages.append(
            tuple(
                _keep(spec, current[spec.name], leaving, command, trust_completed)
                if spec.name in kept
                else _make(spec, current.get(spec.name), leaving, command, observed.declared.get(spec.image, ()))
                for spec in level
            )
        )
    forward = tuple(stage for stage in stages if stage)
    return Plan(forward, _cleanup(leaving, wanted, command), _retire(leaving, acting, kept))


def acting_of(deploy: Deploy) -> tuple[ContainerSpec, ...]:
    """The containers that this command acts on: all, or those of its batch."""
    return tuple(spec for spec in deploy.containers if not deploy.only or spec.name in deploy.only)


def _fits(seen: Seen, spec: ContainerSpec, images: Mapping[str, str]) -> bool:
    """Whether a container is what is wanted: same configuration, same image, not broken."""
    return not _differences(seen, spec, images)


def _differences(seen: Seen, spec: ContainerSpec, images: Mapping[str, str]) -> str:
    if seen.state in USELESS:
        return f"it is {seen.state}"
    if seen.config_hash != spec.config_hash:
        return "its configuration changed"
    if seen.image_id != images.get(spec.image, ""):
        return "its image changed"
    return ""


def _resources(observed: Observed, deploy: Deploy) -> Stage:
    networks: list[Step] = [CreateNetwork(spec) for spec in deploy.networks if spec.name not in observed.networks]
    volumes: list[Step] = [CreateVolume(spec) for spec in deploy.volumes if spec.name not in observed.volumes]
    return tuple((step,) for step in (*networks, *volumes))


def _keep(spec: ContainerSpec, seen: Seen, leaving: tuple[Seen, ...], command: str, trust_completed: bool) -> Track:
    completed = seen.state == "exited" and seen.exit_code == 0 and one_shot(spec) and seen.command == command
    if seen.running or (completed and trust_completed):
        return (Keep(spec.name),)
    # Created by an earlier try that was cut off: it may not have come to the further networks.
    connects = _connects(spec) if seen.command == command and seen.state == "created" else []
    return (*_awaits(spec), *connects, *_stops(spec, leaving), Start(spec.name))


def _make(
    spec: ContainerSpec, before: Seen | None, leaving: tuple[Seen, ...], command: str, declared: Collection[str]
) -> Track:
    steps: list[Step] = [*_awaits(spec)]
    if before is not None and before.command == command:
        steps.append(Remove(before.cid, before.name, "an earlier try of this deployment", fresh=True))
        leaving = tuple(seen for seen in leaving if seen is not before)
    elif before is not None:
        steps.append(SetAside(before.cid, before.name, before.aside_name, "a new one takes its place"))
    previous = next((seen for seen in leaving if seen.plain_name == spec.name and seen.command != command), None)
    taken = heritage(spec, previous.anonymous, declared) if previous else ()
    return (*steps, Create(spec, taken), *_connects(spec), *_stops(spec, leaving, taken), Start(spec.name))


def _connects(spec: ContainerSpec) -> list[Step]:
    return [Connect(spec, network) for network in spec.networks]


def _stops(spec: ContainerSpec, leaving: tuple[Seen, ...], taken: Collection[Anonymous] = ()) -> list[Step]:
    """Stops of what gives way and holds something that this container needs. taken: the volumes it takes over."""
    claims = claims_of(spec, (one.name for one in taken if one.writable))
    reasons = ((seen, clash(seen.claims, claims) or _by_order(seen, spec)) for seen in leaving if seen.running)
    return [Stop(seen.cid, seen.plain_name, reason, spec.stop_timeout) for seen, reason in reasons if reason]


def _by_order(seen: Seen, spec: ContainerSpec) -> str:
    """Why the previous one stops although nothing stands in the way: the service's update says stop-first."""
    return "stop-first" if spec.order == "stop-first" and seen.plain_name == spec.name else ""


def _awaits(spec: ContainerSpec) -> list[Step]:
    """The conditions beyond "started" that compose's depends_on sets."""
    words = {name: plain_condition(condition) for name, condition in spec.depends_on.items()}
    return [Await(name, word, spec.name) for name, word in words.items() if word in {"healthy", "completed"}]


def plain_condition(condition: str) -> str:
    """started, healthy or completed, from either our words or compose's (service_completed_successfully)."""
    return condition.removeprefix("service_").removesuffix("_successfully")


def one_shot(spec: ContainerSpec) -> bool:
    """Whether the container may end: its restart policy does not start it again after a good end."""
    policy = (spec.create.get("HostConfig") or {}).get("RestartPolicy") or {}
    return policy.get("Name", "") in {"", "no", "on-failure"}


def levels(specs: tuple[ContainerSpec, ...]) -> list[list[ContainerSpec]]:
    """Containers by how deep they depend on others, each level in the given order; a circle comes last, together."""
    waiting = list(specs)
    names = {spec.name for spec in specs}
    done: set[str] = set()
    result: list[list[ContainerSpec]] = []
    while waiting:
        ready = [spec for spec in waiting if not (set(spec.depends_on) & names) - done - {spec.name}]
        ready = ready or waiting
        result.append(ready)
        done |= {spec.name for spec in ready}
        waiting = [spec for spec in waiting if spec.name not in done]
    return result


def _cleanup(leaving: tuple[Seen, ...], wanted: Mapping[str, ContainerSpec], command: str) -> tuple[Stage, ...]:
    tracks: list[Track] = []
    for seen in leaving:
        spec = wanted.get(seen.plain_name)
        if seen.command == command and spec is not None and not seen.is_aside:
            continue  # it was removed on the way
        reason = "replaced" if spec is not None else "no longer part of the application"
        tracks.append((Remove(seen.cid, seen.plain_name, reason, spec.stop_timeout if spec else None),))
    return (tuple(tracks),) if tracks else ()


def _retire(leaving: tuple[Seen, ...], acting: tuple[ContainerSpec, ...], kept: set[str]) -> tuple[Stage, ...]:
    ordered = {spec.name: spec for spec in acting if spec.order and spec.name not in kept}
    tracks = tuple(
        (Stop(seen.cid, seen.plain_name, "the new one is well", ordered[seen.plain_name].stop_timeout),)
        for seen in leaving
        if seen.running and seen.plain_name in ordered
    )
    return (tracks,) if tracks else ()
