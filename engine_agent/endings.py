"""The end of a deployment on this host: what gave way goes for good, or comes back. Pure, as reconcile.py is."""

from collections.abc import Collection, Mapping

from .clashes import clash
from .reconcile import Observed, Seen
from .steps import PutBack, Remove, RemoveNetwork, RemoveVolume, Stage, StartAgain, StartEarly, Step, Track


def plan_keep(containers: tuple[Seen, ...], names: tuple[str, ...], grace: Mapping[str, int]) -> tuple[Stage, ...]:
    """The steps at the good end of a rollout: what gave way goes, and what is not in `names`."""
    tracks: list[Track] = []
    for seen in containers:
        if seen.is_aside or seen.name not in names:
            reason = "replaced" if seen.plain_name in names else "no longer part of the application"
            tracks.append((Remove(seen.cid, seen.plain_name, reason, grace.get(seen.plain_name)),))
    return (tuple(tracks),) if tracks else ()


def plan_back(
    observed: Observed, command: str, ran: Mapping[str, bool], beside: Collection[str] = ()
) -> tuple[Stage, ...]:
    """The steps back to how it was: what the command made goes, what gave way returns.

    ran: container id -> whether it ran before the command, as noted then. beside: names for which the previous one
    runs again before the new one goes, where that works.
    """
    made = [seen for seen in observed.containers if seen.command == command and seen.cid not in ran]
    before = [seen for seen in observed.containers if seen not in made]
    returning = _returning(before, ran)
    early: Stage = tuple((StartEarly(seen.cid, seen.plain_name),) for seen in before if _early(seen, made, ran, beside))
    removals: Stage = tuple((Remove(seen.cid, seen.plain_name, "the deployment failed", fresh=True),) for seen in made)
    returns: list[Track] = []
    for seen in before:
        track: list[Step] = [PutBack(seen.cid, seen.plain_name)] if seen in returning else []
        if ran.get(seen.cid, False) and not seen.running:
            track.append(StartAgain(seen.cid, seen.plain_name))
        if track:
            returns.append(tuple(track))
    networks: Stage = tuple((RemoveNetwork(name),) for name, maker in observed.networks.items() if maker == command)
    volumes: Stage = tuple((RemoveVolume(name),) for name, maker in observed.volumes.items() if maker == command)
    return tuple(stage for stage in (early, removals, tuple(returns), networks + volumes) if stage)


def _early(seen: Seen, made: list[Seen], ran: Mapping[str, bool], beside: Collection[str]) -> bool:
    """Whether a stopped container can run again before its successor goes, so that somebody always answers."""
    if seen.running or seen.plain_name not in beside or not seen.is_aside or not ran.get(seen.cid, False):
        return False
    # What is stopped shows no ports: those of its successor stand for them.
    return not any(one.claims.ports or clash(seen.claims, one.claims) for one in made if one.running)


def _returning(before: list[Seen], ran: Mapping[str, bool]) -> list[Seen]:
    """Of the containers set aside, one for each name nobody has: rather one that ran than one that did not."""
    taken = {seen.name for seen in before if not seen.is_aside}
    chosen: dict[str, Seen] = {}
    for seen in before:
        if not seen.is_aside or seen.plain_name in taken:
            continue
        if seen.plain_name not in chosen or ran.get(seen.cid, False):
            chosen[seen.plain_name] = seen
    return list(chosen.values())
