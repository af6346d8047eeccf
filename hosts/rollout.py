"""The course of a rollout over several hosts: pull everywhere, replace batch by batch, then keep it or put it back.

Pure: what happened goes in, the next state and what to ask of which host come out. `hosts.services.rollouts` stores
the state with the deployment and turns asks into commands. Each host has at most one command at a time.

    pull ─ all well ─▶ apply (batch by batch) ─ all well ─▶ keep ─▶ done
      └──── a failure, or somebody aborts ────▶ back ─▶ done

A rollout that needs none of this (one batch, at most one host with changes) is carried out whole: one command a host.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

Kind = Literal["whole", "pull", "apply", "keep", "back"]
SUCCEEDED, FAILED, ROLLED_BACK, CANCELLED = "succeeded", "failed", "rolled_back", "cancelled"
ACTION_ORDER = ("rollback", "pause", "continue")  # the strictest first


@dataclass(frozen=True)
class Batch:
    """parts: host id -> container names. The rest as in plan_types.PlannedBatch."""

    parts: Mapping[str, tuple[str, ...]]
    delay: float = 0.0
    monitor: float | None = None
    actions: Mapping[str, str] = field(default_factory=dict)
    max_failure_ratio: float = 0.0


@dataclass(frozen=True)
class Part:
    """One host. doing: what its present command does, "" when it has none.

    run: id of the first command that touched containers there; ran: what ran before, as the agent told.
    tidy: something is removed there in the end. end: how the host's part ended, "" while it is open.
    """

    doing: str = ""
    tidy: bool = False
    run: str = ""
    ran: Mapping[str, bool] | None = None
    end: str = ""


@dataclass(frozen=True)
class Ask:
    """What to ask of a host. names: containers to act on, () for all; stay: on a failure leave everything as it is."""

    host: str
    kind: Kind
    names: tuple[str, ...] = ()
    delay: float = 0.0
    monitor: float | None = None
    stay: bool = False


@dataclass(frozen=True)
class Rollout:
    """phase: whole, pull, apply, keep, back or done. batch: the index of the present one.

    pause_wanted: a person wants a pause before the next batch. paused: why it stands still, "" when it does not.
    failed: container parts that failed and were let go on. end: how it ended; cause: host whose failure decided.
    """

    hosts: Mapping[str, Part]
    batches: tuple[Batch, ...] = ()
    phase: str = "whole"
    batch: int = 0
    pause_wanted: bool = False
    paused: str = ""
    failed: int = 0
    end: str = ""
    cause: str = ""

    @property
    def total(self) -> int:
        """How many containers are replaced in all."""
        return sum(len(names) for batch in self.batches for names in batch.parts.values())


@dataclass(frozen=True)
class Turn:
    """What follows: the new state, what to ask, which hosts' commands to cancel."""

    rollout: Rollout
    asks: tuple[Ask, ...] = ()
    cancels: tuple[str, ...] = ()


def begin(hosts: Iterable[str], batches: Iterable[Batch], *, changed: Iterable[str], pulls: bool) -> Turn:
    """The first turn. changed: hosts where something is made, remade or removed; pulls: an image has to come first."""
    tidy = set(changed)
    rollout = Rollout({host: Part(tidy=host in tidy) for host in hosts}, tuple(batches))
    careful = any(action != "rollback" for batch in rollout.batches for action in batch.actions.values())
    if not rollout.hosts:
        return Turn(replace(rollout, phase="done", end=SUCCEEDED))
    if len(rollout.batches) <= 1 and len(tidy) <= 1 and not careful:
        return _ask(rollout, [Ask(host, "whole") for host in rollout.hosts])
    touched = {host for batch in rollout.batches for host in batch.parts}
    if pulls and touched:
        return _ask(replace(rollout, phase="pull"), [Ask(host, "pull") for host in rollout.hosts if host in touched])
    return _apply(rollout, 0)


def ended(rollout: Rollout, host: str, outcome: str, result: Mapping[str, Any] | None = None) -> Turn:
    """A host's command ended. outcome: succeeded, failed, rolled_back, cancelled or expired."""
    part = rollout.hosts.get(host)
    if part is None or not part.doing or rollout.phase == "done":
        return Turn(rollout)
    doing, ran = part.doing, (result or {}).get("ran", part.ran)
    part = replace(part, doing="", ran=ran)
    match doing:
        case "whole":
            return _finish(_with(rollout, host, replace(part, end=outcome)))
        case "keep":
            return _settled(_with(rollout, host, replace(part, end=outcome)), host, outcome)
        case "back":
            end = FAILED if outcome not in {SUCCEEDED, ROLLED_BACK} else ROLLED_BACK if ran else CANCELLED
            return _settled(_with(rollout, host, replace(part, end=end)), host, outcome)
    if outcome == SUCCEEDED and rollout.phase != "back":
        return _go_on(_with(rollout, host, part))
    return _stumbled(rollout, host, part, outcome)


def pause(rollout: Rollout) -> Turn:
    """Stand still before the next batch. Nothing that is under way stops."""
    return Turn(replace(rollout, pause_wanted=True)) if can_pause(rollout) else Turn(rollout)


def can_pause(rollout: Rollout) -> bool:
    """Whether there is still a batch to come before which it can stand still."""
    more = rollout.phase == "pull" or (rollout.phase == "apply" and rollout.batch + 1 < len(rollout.batches))
    return more and not rollout.paused and not rollout.pause_wanted


def resume(rollout: Rollout) -> Turn:
    """Go on after a pause; what failed before it is left as it is."""
    if not rollout.paused:
        return Turn(replace(rollout, pause_wanted=False))
    return _go_on(replace(rollout, paused="", pause_wanted=False))


def can_abort(rollout: Rollout) -> bool:
    """Whether it can still be put back: what gave way is removed in the phase "keep"."""
    return rollout.phase in {"whole", "pull", "apply"}


def abort(rollout: Rollout) -> Turn:
    """Stop, and put every host back."""
    if rollout.phase == "whole":
        return Turn(rollout, cancels=_busy(rollout))
    if not can_abort(rollout):
        return Turn(rollout)
    return _back(replace(rollout, end=CANCELLED, paused=""))


def to_json(rollout: Rollout) -> dict[str, Any]:
    """As stored with a deployment."""
    plain: dict[str, Any] = json.loads(json.dumps(asdict(rollout)))
    return plain


def from_json(stored: Mapping[str, Any]) -> Rollout:
    """The other way round."""
    hosts = {host: Part(**part) for host, part in stored["hosts"].items()}
    batches = tuple(
        Batch(**{**batch, "parts": {host: tuple(names) for host, names in batch["parts"].items()}})
        for batch in stored["batches"]
    )
    return Rollout(**{**stored, "hosts": hosts, "batches": batches})


def _with(rollout: Rollout, host: str, part: Part) -> Rollout:
    return replace(rollout, hosts={**rollout.hosts, host: part})


def _busy(rollout: Rollout) -> tuple[str, ...]:
    return tuple(host for host, part in rollout.hosts.items() if part.doing)


def _ask(rollout: Rollout, asks: Iterable[Ask]) -> Turn:
    asked = tuple(asks)
    hosts = dict(rollout.hosts)
    for ask in asked:
        hosts[ask.host] = replace(hosts[ask.host], doing=ask.kind)
    return Turn(replace(rollout, hosts=hosts), asked)


def _apply(rollout: Rollout, index: int) -> Turn:
    """Begin a batch; with none at all there is only something to tidy up."""
    if not rollout.batches:
        return _keep(rollout)
    rollout = replace(rollout, phase="apply", batch=index)
    batch = rollout.batches[index]
    stay = _action(batch) != "rollback"
    asks = [Ask(host, "apply", names, batch.delay, batch.monitor, stay) for host, names in batch.parts.items()]
    return _ask(rollout, asks)


def _action(batch: Batch) -> str:
    given = set(batch.actions.values())
    return next((action for action in ACTION_ORDER if action in given), "rollback")


def _go_on(rollout: Rollout) -> Turn:
    """What comes next once nobody is busy."""
    if _busy(rollout):
        return Turn(rollout)
    if rollout.paused:
        return Turn(rollout)
    index = 0 if rollout.phase == "pull" else rollout.batch + 1
    if index < len(rollout.batches):
        if rollout.pause_wanted:
            return Turn(replace(rollout, pause_wanted=False, paused="It was paused by a person."))
        return _apply(rollout, index)
    return _keep(rollout)


def _keep(rollout: Rollout) -> Turn:
    """All is well (or was let go on): what gave way goes, on every host."""
    rollout = replace(rollout, phase="keep", pause_wanted=False)
    asks = [Ask(host, "keep") for host, part in rollout.hosts.items() if part.run or part.tidy]
    return _ask(rollout, asks) if asks else _finish(rollout)


def _stumbled(rollout: Rollout, host: str, part: Part, outcome: str) -> Turn:
    """A pull or a batch did not end well on a host, or ended while everything goes back."""
    batch = rollout.batches[rollout.batch] if rollout.phase == "apply" and rollout.batches else Batch({})
    action = _action(batch) if rollout.phase == "apply" and outcome == FAILED else "rollback"
    restored = outcome in {ROLLED_BACK, CANCELLED}
    if rollout.phase == "back":
        return _returned(rollout, host, replace(part, run="" if restored else part.run), outcome)
    if action == "rollback":
        end = {CANCELLED: CANCELLED, "expired": FAILED}.get(outcome, ROLLED_BACK)
        rollout = _with(rollout, host, replace(part, run="" if restored else part.run, end=_own_end(part, outcome)))
        return _back(replace(rollout, end=end, cause=host))
    failed = rollout.failed + len(batch.parts.get(host, ()))
    rollout = replace(_with(rollout, host, part), failed=failed, cause=rollout.cause or host)
    if action == "continue" or failed <= batch.max_failure_ratio * rollout.total:
        return _go_on(rollout)
    rollout = replace(rollout, paused="A container failed, and failure_action is pause.")
    return Turn(rollout)


def _own_end(part: Part, outcome: str) -> str:
    if part.run and outcome not in {ROLLED_BACK, CANCELLED}:
        return ""  # it still has to be put back
    return FAILED if outcome == "expired" or (outcome == FAILED and not part.run) else outcome


def _back(rollout: Rollout) -> Turn:
    """Put every host back: who is busy is told to stop, who was touched puts back, the others have nothing to do."""
    rollout = replace(rollout, phase="back", pause_wanted=False, paused="")
    asks = [Ask(host, "back") for host, part in rollout.hosts.items() if part.run and not part.doing and not part.end]
    turn = _ask(rollout, asks)
    waiting = {ask.host for ask in asks}
    cancels = tuple(host for host, part in rollout.hosts.items() if part.doing and host not in waiting)
    done = _finish(turn.rollout)
    return Turn(done.rollout, turn.asks, cancels)


def _returned(rollout: Rollout, host: str, part: Part, outcome: str) -> Turn:
    """A host that was busy when going back began has stopped: put it back too, unless it did so itself."""
    if part.run:
        return _ask(_with(rollout, host, part), [Ask(host, "back")])
    end = outcome if outcome in {ROLLED_BACK, CANCELLED} else CANCELLED
    return _finish(_with(rollout, host, replace(part, end=end)))


def _settled(rollout: Rollout, host: str, outcome: str) -> Turn:
    """A host has tidied up or put back."""
    if outcome not in {SUCCEEDED, ROLLED_BACK}:
        rollout = replace(rollout, end=FAILED, cause=rollout.cause or host)
    return _finish(rollout)


def _finish(rollout: Rollout) -> Turn:
    """Done when nobody is busy: how it ended is what was decided, or the worst of what was."""
    if _busy(rollout):
        return Turn(rollout)
    usual = CANCELLED if rollout.phase == "back" else SUCCEEDED
    hosts = {host: replace(part, end=part.end or usual) for host, part in rollout.hosts.items()}
    ends = {FAILED if part.end == "expired" else part.end for part in hosts.values()}
    end = rollout.end or next((one for one in (FAILED, ROLLED_BACK, CANCELLED) if one in ends), SUCCEEDED)
    restored = any(part.end == ROLLED_BACK for part in hosts.values())
    let_go = rollout.failed and not rollout.end
    if FAILED in ends or let_go or (end == ROLLED_BACK and not restored):
        end = FAILED
    return Turn(replace(rollout, hosts=hosts, phase="done", end=end))
