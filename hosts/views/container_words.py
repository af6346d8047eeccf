"""Containers in words for people: state as a sentence, exit codes explained, ports as addresses."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from hosts.models import Command, Container, Host
from hosts.models.commands import OPEN_STATES, WAITING_STATES
from hosts.models.hosts import HostState
from hosts.selectors.container_commands import action_of

LOOPBACK = {"127.0.0.1", "::1", "localhost"}
# Ports that no browser opens: mail, name service, databases, queues, caches.
NOT_WEB = {
    22,
    25,
    53,
    110,
    143,
    389,
    465,
    587,
    636,
    993,
    995,
    1433,
    1521,
    2181,
    3306,
    5432,
    5672,
    6379,
    9042,
    11211,
    27017,
}
ANY_ADDRESS = {"", "0.0.0.0", "::"}  # noqa: S104 - compared with, never bound

_SIGNALS = {1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 6: "SIGABRT", 9: "SIGKILL", 11: "SIGSEGV", 15: "SIGTERM"}


@dataclass(frozen=True)
class PortLink:
    """A port as shown. url is "" when it is not published, or no browser can open it."""

    text: str
    url: str
    published: int
    target: int
    protocol: str


def exit_words(code: int | None) -> str:
    """What an exit code means, a sentence; empty when it is unknown."""
    if code is None:
        return ""
    fixed = {
        0: _("The program ended by itself, without an error."),
        1: _("The program reported an error. Its log says more."),
        125: _("The engine could not start the container."),
        126: _("The command was found and cannot be run: check its permissions."),
        127: _("The command was not found in the image: check the command and its path."),
        137: _("The program was killed (SIGKILL): someone killed it, or it ran out of memory."),
        139: _("The program crashed (SIGSEGV)."),
        143: _("The program was asked to stop (SIGTERM) and did."),
        3221225786: _("The program was interrupted (Ctrl-C), as Windows containers are when they are stopped."),
        3221225477: _("The program crashed (access violation)."),
    }
    if code in fixed:
        return fixed[code]
    if 128 < code < 160:
        number = code - 128
        return _("The program was ended by signal %(signal)s.") % {"signal": _SIGNALS.get(number, number)}
    return _("The program ended with its own code %(code)d. Its log or its documentation says more.") % {"code": code}


def port_links(ports: Sequence[dict[str, Any]], host: Host) -> list[PortLink]:
    """Each distinct port once, published ones first. The host part of a link is where a browser reaches the host."""
    links: dict[tuple[int, int, str], PortLink] = {}
    for port in ports:
        published, target = int(port.get("published") or 0), int(port.get("target") or 0)
        protocol, address = str(port.get("protocol") or "tcp"), str(port.get("address") or "")
        key = (published, target, protocol)
        if key in links and (links[key].url or address not in ANY_ADDRESS):
            continue
        name = reach(host, address) if published and protocol == "tcp" and target not in NOT_WEB else ""
        url = _url(name, published, target) if name else ""
        text = f"{published} → {target}/{protocol}" if published else f"{target}/{protocol}"
        links[key] = PortLink(text, url, published, target, protocol)
    return sorted(links.values(), key=lambda link: (not link.published, link.published, link.target))


def _url(name: str, published: int, target: int) -> str:
    """The address of a port; the usual port of a scheme is left out."""
    scheme, usual = ("https", 443) if target in {443, 8443} else ("http", 80)
    return f"{scheme}://{name}/" if published == usual else f"{scheme}://{name}:{published}/"


def reach(host: Host, address: str) -> str:
    """The name or address under which a browser reaches a port bound to `address` on `host`; "" when none is known.

    The address that the agent connects from is the best guess; a loopback one is the portal's own machine.
    """
    if address and address not in ANY_ADDRESS:
        return f"[{address}]" if ":" in address else address
    peer = host.address
    if peer in LOOPBACK:
        return urlsplit(settings.PUBLIC_URL).hostname or "127.0.0.1"
    return f"[{peer}]" if ":" in peer else peer


def container_line(container: Container, command: Command | None = None) -> dict[str, Any]:
    """A container with what its row shows."""
    open_one = command if command is not None and command.state in OPEN_STATES else None
    waits = open_one is not None and open_one.state in WAITING_STATES and container.host.state != HostState.ONLINE
    busy = open_one is not None and not waits
    running = container.state in {"running", "paused", "restarting"}
    return {
        "row": container,
        "busy": busy,
        "command": command,
        "doing": doing(open_one) if busy and open_one is not None else "",
        "waits": waiting_words(open_one) if waits and open_one is not None else "",
        "failed": command is not None and open_one is None,
        "running": running,
        "startable": container.state in {"created", "exited", "dead"},
        "since": container.state == "running" and container.started is not None,
        "ended": container.state == "exited" and container.finished is not None,
        "ports": port_links(container.ports, container.host),
        "exit": exit_words(container.exit_code) if container.state in {"exited", "dead"} else "",
        "trouble": container.state == "dead"
        or container.health == "unhealthy"
        or (container.state == "exited" and container.exit_code not in {0, None, 137, 143}),
    }


def doing(command: Command) -> str:
    """What a command under way is doing to its container, one word."""
    words = {
        "start": _("Starting"),
        "stop": _("Stopping"),
        "restart": _("Restarting"),
        "kill": _("Killing"),
        "remove": _("Removing"),
    }
    return words.get(action_of(command).action, command.summary)


def waiting_words(command: Command) -> str:
    """What waits for the host of a container to come back, as a badge says it."""
    words = {
        "start": _("Start is waiting for the host"),
        "stop": _("Stop is waiting for the host"),
        "restart": _("Restart is waiting for the host"),
        "kill": _("Kill is waiting for the host"),
        "remove": _("Removal is waiting for the host"),
    }
    return words.get(action_of(command).action, command.summary)


def sentence(container: Container) -> str:
    """The state of a container, without times (the page adds those)."""
    words = {
        "created": _("It was created and never started."),
        "paused": _("It is paused: its programs are frozen."),
        "restarting": _("It keeps ending, and the engine starts it again."),
        "removing": _("It is being removed."),
        "dead": _("The engine failed to remove it. Remove it again, or restart the engine."),
    }
    if container.state == "running":
        health = {
            "healthy": _("It is running and healthy."),
            "starting": _("It is running; its healthcheck has not passed yet."),
            "unhealthy": _("It is running, and its healthcheck fails."),
        }
        return health.get(container.health, _("It is running. It has no healthcheck."))
    if container.state == "exited":
        code = container.exit_code
        return _("It has ended with exit code %(code)s.") % {"code": _("unknown") if code is None else code}
    return words.get(container.state, _("Its state is unknown."))
