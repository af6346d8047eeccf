"""The engine's error messages as codes for scripts and words for people. Pure.

Every entry was seen from a Docker Engine or is in its source; what is not recognised is passed on as it was said.
"""

import re
from dataclasses import dataclass

from ..engine.errors import EngineError, EngineGone, EngineRefused, EngineTooOld, NotFound
from .outcome import Failure


@dataclass(frozen=True, slots=True)
class Meaning:
    """code: a stable word; words: for people, "{0}" is what the pattern caught, "{subject}" what was worked on."""

    pattern: "re.Pattern[str]"
    code: str
    words: str


def _meaning(pattern: str, code: str, words: str) -> Meaning:
    return Meaning(re.compile(pattern, re.IGNORECASE), code, words)


MEANINGS: tuple[Meaning, ...] = (
    _meaning(
        r"no space left on device",
        "no-space",
        "The disk of the host is full. Remove unused images or containers, then try again",
    ),
    _meaning(
        r"Bind for (?:\S*?:)?(\d+) failed: port is already allocated",
        "port-taken",
        "Port {0} of the host is already used by another container. Choose another port, or stop that container",
    ),
    _meaning(
        r"(?:listen (?:tcp|udp)\d? \S*?:(\d+): bind|failed to bind (?:host )?port \S*?:(\d+)\S*)"
        r": address already in use",
        "port-taken",
        "Port {0} of the host is already used by a program outside the engine. Choose another port, or stop that "
        "program",
    ),
    _meaning(
        r"address already in use",
        "port-taken",
        "A port of the host is already used. Choose another port, or stop what uses it",
    ),
    _meaning(
        r"The container name \"?/?([^\" ]+)\"? is already in use",
        "name-taken",
        "A container named {0} exists already and does not belong to this application. Remove or rename it",
    ),
    _meaning(
        r"manifest (?:for \S+ not found|unknown)|not found: manifest unknown",
        "tag-not-found",
        "The registry does not know {subject}. Check the tag",
    ),
    _meaning(
        r"pull access denied|repository \S+ not found|repository does not exist|name unknown|No such image"
        r"|insufficient_scope: authorization failed",
        "image-not-found",
        "There is no image {subject}, or it needs a sign-in at its registry. Check the name, or add the registry's "
        "credentials",
    ),
    _meaning(
        r"unauthorized|authentication required|no basic auth credentials|denied: requested access",
        "registry-sign-in",
        "The registry wants a sign-in for {subject}. Add its credentials, or check them",
    ),
    _meaning(
        r"toomanyrequests|too many requests|rate limit",
        "registry-limit",
        "The registry does not allow more pulls for now. Sign in to it for a higher limit, or wait",
    ),
    _meaning(
        r"no matching manifest for (\S+)|does not match the specified platform"
        r"|operating system .{0,40} is not supported|image operating system|exec format error|0xc0370101"
        r"|incompatible with a",
        "platform-mismatch",
        "{subject} is made for another platform than this host's engine. Choose a tag for this platform",
    ),
    _meaning(
        r"no such host|server misbehaving|connection refused|network is unreachable|no route to host"
        r"|Client\.Timeout|context deadline exceeded|TLS handshake timeout|Temporary failure in name resolution",
        "registry-unreachable",
        "The host cannot reach the registry of {subject}. Check its network, its proxy and the registry's address",
    ),
    _meaning(
        r"unexpected EOF|connection reset|i/o timeout|broken pipe|unexpected end|closed network connection|\bEOF\b",
        "pull-interrupted",
        "The pull of {subject} was interrupted. What was pulled is kept; try again",
    ),
    _meaning(
        r'exec: \\?"([^"\\]+)\\?": '
        r"(?:executable file not found|stat \S+ no such file|permission denied|is a directory)",
        "command-not-found",
        "The image has no program “{0}” that can be started. Check the command of the service",
    ),
    _meaning(
        r"bind source path does not exist: (\S+)",
        "path-not-found",
        "There is no folder {0} on the host. Create it, or correct the mount",
    ),
    _meaning(
        r"network (\S+) not found",
        "network-not-found",
        "There is no network {0} on this host. Create it, or take it out of the application",
    ),
)

RETRY_PULL = frozenset({"pull-interrupted"})


def code_of(message: str) -> str:
    """The code of an engine's message, "" when it is not recognised."""
    return next((meaning.code for meaning in MEANINGS if meaning.pattern.search(message)), "")


def explain(error: EngineError, subject: str = "") -> Failure:
    """What an engine's error means to a person. subject: the image or container that was worked on."""
    match error:
        case EngineGone():
            return Failure(
                f"The Docker Engine of the host does not answer ({error.message}). Start it, then try again",
                "engine-gone",
            )
        case EngineTooOld():
            return Failure(error.message, "engine-too-old")
    for meaning in MEANINGS:
        if found := meaning.pattern.search(error.message):
            caught = next((group for group in found.groups() if group), "") if found.groups() else ""
            words = meaning.words.format(caught, subject=subject or "the image")
            return Failure(f"{words}. The engine said: {error.message}", meaning.code)
    return _unrecognised(error, subject)


def _unrecognised(error: EngineError, subject: str) -> Failure:
    about = f" {subject}" if subject else ""
    match error:
        case NotFound():
            return Failure(f"The engine does not know it:{about} {error.message}", "not-found")
        case EngineRefused(status=409):
            return Failure(f"The engine cannot do this now:{about} {error.message}", "conflict")
        case EngineRefused(status=400):
            return Failure(f"The engine does not accept an option of{about}: {error.message}", "bad-option")
    return Failure(f"The engine reported an error{about and ' for'}{about}: {error.message}", "engine-error")
