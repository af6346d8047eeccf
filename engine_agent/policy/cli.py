"""`engine-agent policy check FILE` and `engine-agent policy show`."""

import argparse
import sys
from pathlib import Path

from ..os_host import policy_distrust, policy_path
from ..problems import AgentProblem
from ..protocol.policy.words import lines
from .file import PolicyFile
from .parse import MAX_TEXT, PolicyError, parse


def policy_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `policy` to the command line."""
    policy = commands.add_parser("policy", help="what the owner of this host allows")
    acts = policy.add_subparsers(required=True, metavar="ACT")
    check = acts.add_parser("check", help="tell every mistake in a policy file, with its line")
    check.add_argument("file", type=Path, metavar="FILE", nargs="?", default=policy_path())
    check.set_defaults(run=policy_check)
    show = acts.add_parser("show", help="tell what is allowed on this host now")
    show.add_argument("--policy", type=Path, metavar="FILE", default=policy_path(), help="default: %(default)s")
    show.set_defaults(run=policy_show)


def policy_check(options: argparse.Namespace) -> int:
    """Exit 0: the file is a policy. Mistakes go to standard error, one a line."""
    path: Path = options.file
    try:
        with path.open("rb") as file:
            text = file.read(MAX_TEXT + 1).decode("utf-8")
        rules = parse(text)
    except OSError as error:
        raise AgentProblem(f"{path} cannot be read: {error.strerror}", remedy="Name the file to check") from error
    except UnicodeDecodeError as error:
        raise AgentProblem(f"{path} is not UTF-8", remedy="Save it as UTF-8") from error
    except PolicyError as error:
        for mistake in error.mistakes:
            print(f"{path}: {mistake}", file=sys.stderr)  # noqa: T201
        return 1
    _say(f"{path} is a policy. It allows:")
    _tell(lines(rules))
    if distrust := policy_distrust(path):
        _say(f"Note: an agent does not honour it as it is: {distrust}.")
    elif path.resolve() != policy_path().resolve():
        _say(f"Note: the agent reads {policy_path()}.")
    return 0


def policy_show(options: argparse.Namespace) -> int:
    """Exit 0: a policy is honoured, or there is none and everything is allowed."""
    policy = PolicyFile(options.policy).current()
    if policy.trouble:
        raise AgentProblem(
            f"Nothing is allowed on this host, because its policy cannot be honoured: {policy.trouble}",
            remedy=f"Put it right and look again; mistakes are told by “engine-agent policy check {policy.path}”",
        )
    if policy.rules is None:
        _say(f"There is no policy file {policy.path}: everything that the engine allows is allowed.")
        return 0
    _say(f"{policy.path} allows:")
    _tell(lines(policy.rules))
    return 0


def _tell(rows: tuple[tuple[str, str], ...]) -> None:
    width = max(len(rule) for rule, _ in rows)
    for rule, value in rows:
        _say(f"  {rule:<{width}}  {value}")


def _say(text: str) -> None:
    print(text)  # noqa: T201
