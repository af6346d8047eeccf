"""`engine-agent doctor`: everything that can stand between this host and its portal, looked at, with what to do."""

import argparse
import asyncio
import os
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from . import doctor_verdicts as verdicts
from .doctor_probes import engine_look, name_look, portal_look
from .doctor_verdicts import FAIL, OK, WARN, Check, EngineSeen
from .engine.places import engine_places
from .os_host import engine_hint, folder_mode, free_bytes
from .policy import PolicyFile
from .portal_http import portal_at
from .problems import AgentProblem
from .state import Enrolled, StateDir, Status

MARKS = {OK: "ok  ", WARN: "warn", FAIL: "FAIL"}


def doctor(options: argparse.Namespace) -> int:
    """Exit 0: nothing is wrong, warnings aside. Exit 1: something is."""
    checks = asyncio.run(examine(StateDir(options.state_dir), options))
    print(as_json(checks) if options.json else as_text(checks))  # noqa: T201
    return 1 if any(check.state == FAIL for check in checks) else 0


async def examine(state: StateDir, options: argparse.Namespace) -> list[Check]:
    """Every check, in the order a person would look."""
    enrolled, problem = _enrolled(state)
    status = state.status() if enrolled else None
    link = (status.link, status.reason) if status else ("", "")
    engine = await _engine(options.engine or (enrolled.engine if enrolled else ""))
    checks = [
        _state(state),
        verdicts.enrolment_check(
            enrolled.portal if enrolled else "",
            enrolled.name if enrolled else "",
            enrolled.team if enrolled else "",
            problem,
        ),
        _agent(state, status),
        verdicts.engine_check(engine, engine_hint()),
        verdicts.identity_check(engine.engine_id, *link),
    ]
    address = options.portal or (enrolled.portal if enrolled else "")
    if address:
        ca = options.ca or (state.ca if enrolled and enrolled.pinned else None)
        checks += await _portal(address, ca, pinned=bool(enrolled and enrolled.pinned and not options.ca))
    policy = PolicyFile(options.policy).current()
    checks += [
        verdicts.policy_check(str(policy.path), policy.present, policy.trouble),
        verdicts.disk_check("disk-state", "the agent", _room(state.path)),
    ]
    if engine.how == "ok":
        checks.append(verdicts.disk_check("disk-engine", "the engine", engine.data_root_free))
    return checks


async def _engine(address: str) -> EngineSeen:
    """The engine of the enrolment, or else the first of the usual places that answers, or is there at all."""
    seen = [await engine_look(one) for one in ([address] if address else engine_places(os.environ, Path.home()))]
    for how in ("ok", "too-old", "silent", "gone", "denied"):
        for one in seen:
            if one.how == how:
                return one
    return seen[0]


async def _portal(address: str, ca: Path | None, *, pinned: bool) -> list[Check]:
    try:
        portal = portal_at(address, ca=ca)
        portal.tls_context()
    except AgentProblem as error:
        return [Check("portal", "Portal", FAIL, error.what, error.remedy)]
    used = portal.proxy()
    host = urlsplit(used if "://" in used else f"http://{used}").hostname or used if used else portal.host
    (addresses, unknown), seen = await asyncio.gather(name_look(host), portal_look(portal))
    return [
        verdicts.proxy_check(_proxies(), used, portal.host),
        verdicts.dns_check(host, addresses, unknown, used or ""),
        verdicts.portal_check(seen),
        verdicts.certificate_check(seen, tls=portal.tls, pinned=pinned, now=time.time()),
        verdicts.clock_check(seen),
    ]


def _proxies() -> dict[str, str]:
    return {f"{scheme}_proxy": value for scheme, value in urllib.request.getproxies().items()}


def _enrolled(state: StateDir) -> tuple[Enrolled | None, str]:
    try:
        return state.enrolled(), ""
    except AgentProblem as error:
        return None, error.what


def _state(state: StateDir) -> Check:
    exists, mine, mode = folder_mode(state.path)
    return verdicts.state_check(str(state.path), exists=exists, mine=mine, mode=mode)


def _agent(state: StateDir, status: Status | None) -> Check:
    try:
        running = state.running()
    except OSError:
        running = False
    return verdicts.agent_check(running, status.link if status else "", status.reason if status else "")


def _room(path: Path) -> int | None:
    """Free bytes where a folder is or would be."""
    there = next((one for one in (path, *path.parents) if os.access(one, os.F_OK)), None)
    return free_bytes(str(there)) if there is not None else None


def as_text(checks: Sequence[Check]) -> str:
    """One line per check, its remedy below it, and the sum."""
    width = max(len(check.title) for check in checks)
    lines = []
    for check in checks:
        lines.append(f"{MARKS[check.state]}  {check.title:<{width}}  {check.detail}")
        if check.remedy:
            lines.append(f"{'':<6}{'':<{width}}  -> {check.remedy}")
    count = {state: sum(check.state == state for check in checks) for state in (FAIL, WARN)}
    if count[FAIL] or count[WARN]:
        lines.append(f"{count[FAIL]} wrong, {count[WARN]} to look at")
    else:
        lines.append("Everything is well")
    return "\n".join(lines)


def as_json(checks: Sequence[Check]) -> str:
    """For scripts: {"ok": bool, "checks": [{"key", "title", "state", "detail", "remedy"}]}."""
    good = not any(check.state == FAIL for check in checks)
    return msgspec.json.format(msgspec.json.encode({"ok": good, "checks": list(checks)})).decode()
