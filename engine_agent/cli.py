"""The command line: `engine-agent enrol | run | status | service`. The contract is in docs/agent.md."""

import argparse
import asyncio
import logging
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from . import VERSION
from .os_host import default_state_dir, engine_hint, policy_path
from .policy.cli import policy_commands
from .problems import AgentProblem
from .state import StateDir


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code. Everything a person can meet is told in words, without a traceback."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except AgentProblem as problem:
        print(f"{problem.what}.", file=sys.stderr)  # noqa: T201
        if problem.remedy:
            print(f"{problem.remedy}.", file=sys.stderr)  # noqa: T201
        return problem.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="engine-agent", description="The Pierhead agent beside a Docker Engine.")
    parser.add_argument("--version", action="version", version=f"engine-agent {VERSION}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    enrol = commands.add_parser("enrol", help="make this machine a host of a portal")
    enrol.add_argument("--portal", required=True, metavar="URL", help="the portal, e.g. https://portal.example")
    enrol.add_argument("--token", required=True, metavar="T", help="the one-time token; “-” reads it from input")
    enrol.add_argument("--engine", default="", metavar="ADDRESS", help="unix:///path or npipe:////./pipe/name")
    enrol.add_argument("--ca", type=Path, metavar="FILE", help="PEM certificate of the authority that signs the portal")
    enrol.add_argument("--name", default="", help="the name of the host in the portal; its host name by default")
    enrol.add_argument("--new-key", action="store_true", help="make a new key, for a machine that was cloned")
    enrol.set_defaults(run=_enrol)

    run = commands.add_parser("run", help="serve the portal, in the foreground")
    run.add_argument("--verbose", action="store_true", help="log more")
    run.add_argument("--policy", type=Path, metavar="FILE", default=policy_path(), help="default: %(default)s")
    run.add_argument("--trial", action="store_true", help=argparse.SUPPRESS)
    run.set_defaults(run=_run)

    status = commands.add_parser("status", help="tell whether the agent runs and is connected")
    status.set_defaults(run=_status)

    service = commands.add_parser("service", help="have the system start the agent")
    service.add_argument("act", choices=["install", "remove"])
    service.add_argument("--user", default="", help="who the agent runs as (Linux); root by default")
    service.set_defaults(run=_service)

    policy_commands(commands)
    doctor = commands.add_parser("doctor", help="look at everything that can be wrong, and tell what to do")
    doctor.add_argument("--json", action="store_true", help="for scripts")
    doctor.add_argument("--portal", default="", metavar="URL", help="look at this portal; default: of the enrolment")
    doctor.add_argument("--engine", default="", metavar="ADDRESS", help="this engine; default: of the enrolment")
    doctor.add_argument("--ca", type=Path, metavar="FILE", help="PEM certificate of the authority of the portal")
    doctor.add_argument("--policy", type=Path, metavar="FILE", default=policy_path(), help="default: %(default)s")
    doctor.set_defaults(run=_doctor)

    for command in (enrol, run, status, service, doctor):
        command.add_argument(
            "--state-dir", type=Path, default=default_state_dir(), metavar="DIR", help="default: %(default)s"
        )
    return parser


def _enrol(options: argparse.Namespace) -> int:
    from .enrolment import Wish, enrol

    token = sys.stdin.readline().strip() if options.token == "-" else options.token  # noqa: S105
    wish = Wish(options.portal, token, options.engine, options.ca, options.name, options.new_key)
    done = asyncio.run(enrol(wish, StateDir(options.state_dir)))
    enrolled = done.enrolled
    _say(f"Enrolled as host “{enrolled.name}” of team “{enrolled.team}” at {enrolled.portal}.")
    if enrolled.pinned:
        _say("From now on only the authority that signs the portal's certificate today is believed.")
    if done.waiting:
        _say(f"It waits for approval: an admin of the team approves it at {enrolled.portal}/hosts/{enrolled.host_id}/.")
        _say("Start the agent all the same: it is let in as soon as it is approved.")
    if done.facts.engine_error:
        _say(f"Note: {done.facts.engine_error}. {engine_hint()}.")
    _say("Next: “engine-agent run”, or “engine-agent service install” to have the system start it.")
    return 0


def _run(options: argparse.Namespace) -> int:
    logging.basicConfig(
        level=logging.DEBUG if options.verbose else logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    logging.getLogger("websockets").setLevel(logging.WARNING)
    from .update import trial as versions
    from .update.order import tidy

    state = StateDir(options.state_dir)
    arguments = versions.run_arguments()
    if not options.trial:
        versions.interrupted(state)
        tidy(state)
    while True:
        if not options.trial and (other := versions.chosen(state)):
            versions.become(other, arguments)
        _serve(state, options)
        new = versions.pending(state)
        if new is None:
            return 0
        versions.trial(state, new, arguments)


def _serve(state: StateDir, options: argparse.Namespace) -> None:
    """One life of the agent, from the lock of its folder to its release."""
    from .agent import Agent
    from .policy import PolicyFile

    enrolled, key = state.enrolled(), state.known_key()
    state.prepare()
    lock = state.lock()

    async def serve() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                loop.add_signal_handler(number, stop.set)
            except NotImplementedError:  # the event loop of Windows
                signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
        await Agent(state, enrolled, key, policy=PolicyFile(options.policy)).run(stop)

    try:
        asyncio.run(serve())
    finally:
        os.close(lock)


def _status(options: argparse.Namespace) -> int:
    state = StateDir(options.state_dir)
    enrolled = state.enrolled()
    _say(f"host:     {enrolled.name} (team {enrolled.team}, {enrolled.host_id})")
    _say(f"portal:   {enrolled.portal}")
    if not state.running():
        _say("agent:    not running; start it with “engine-agent run”")
        return 1
    status = state.status()
    if status is None:
        _say("agent:    starting")
        return 1
    age = max(0, int(time.time() - status.since))
    _say(f"agent:    running, process {status.pid}, version {status.version}")
    _say(f"link:     {status.link} for {age} s" + (f": {status.reason}" if status.reason else ""))
    _say(f"engine:   {status.engine_error or status.engine or 'not read yet'} ({enrolled.engine})")
    _say(f"commands: {status.commands_open} open")
    return 0 if status.link == "connected" and not status.engine_error else 1


def _doctor(options: argparse.Namespace) -> int:
    from .doctor import doctor

    return doctor(options)


def _service(options: argparse.Namespace) -> int:
    from .os_host import service_install, service_remove

    if options.act == "remove":
        _say(f"{service_remove()}.")
        return 0
    StateDir(options.state_dir).enrolled()
    _say(f"{service_install(options.state_dir, user=options.user)}.")
    return 0


def _say(text: str) -> None:
    print(text)  # noqa: T201
