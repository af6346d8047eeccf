"""`docker run ...` -> compose text. Every flag is converted, told to have no meaning here, or refused by name."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import ComposeInvalid, Refusal
from ..mounts import volume_source
from ..write import compose_text
from . import flags
from .shell import Word, words

_NAME = re.compile(r"[^a-zA-Z0-9._-]+")


@dataclass
class Draft:
    """The service as it grows, and what belongs beside it."""

    service: dict[str, Any] = field(default_factory=dict)
    endpoint: dict[str, Any] = field(default_factory=dict)
    network: str = ""
    notes: list[str] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)

    def add(self, name: str, value: Any) -> None:
        """One more item of a list."""
        self.service.setdefault(name, []).append(value)

    def inner(self, name: str) -> dict[str, Any]:
        """A map of the service."""
        found: dict[str, Any] = self.service.setdefault(name, {})
        return found


@dataclass(frozen=True)
class Converted:
    """name: a good name for the application. notes: what was left out because it has no meaning here."""

    name: str
    compose: str
    notes: tuple[str, ...] = ()


Handler = Callable[[Draft, str], None]


def docker_run_to_compose(line: str) -> Converted:
    """The compose text of a docker run line. Raises ComposeInvalid with every refusal, each with its place."""
    found = _command(words(line))
    draft = Draft()
    rest = _flags(found, draft)
    if not rest and not draft.refusals:
        place = found[-1] if found else Word("", 1, 1)
        draft.refusals.append(Refusal("", place.line, place.column, "No image is named.", "Name it after the flags."))
    if draft.refusals:
        raise ComposeInvalid(draft.refusals)
    image, *command = rest
    service = {"image": image.text, **draft.service}
    if command:
        service["command"] = [word.text for word in command]
    networks = _networks(draft, service)
    name = _service_name(service)
    volumes = {one: {"name": one} for one in _named_volumes(service)}
    text = compose_text({"services": {name: service}, "networks": networks, "volumes": volumes})
    return Converted(name.lower().replace(".", "-"), text, tuple(draft.notes))


def _command(found: list[Word]) -> list[Word]:
    """The words behind `docker run`."""
    start = 0
    texts = [word.text for word in found]
    while start < len(texts) and (texts[start] in {"sudo", "$", "$$"} or re.fullmatch(r"[A-Z_]+=.*", texts[start])):
        start += 1
    rest = texts[start:]
    for head in (("docker", "run"), ("docker", "container", "run"), ("docker", "create"), ("podman", "run")):
        if tuple(rest[: len(head)]) == head:
            return found[start + len(head) :]
    place = found[0] if found else Word("", 1, 1)
    message = "This is not a “docker run” line."
    raise ComposeInvalid([Refusal("", place.line, place.column, message, "Start it with docker run.")])


def _flags(found: list[Word], draft: Draft) -> list[Word]:
    """Reads the flags into the draft; the rest begins with the image."""
    at = 0
    while at < len(found):
        word = found[at]
        at += 1
        if word.text == "--":
            return found[at:]
        if not word.text.startswith("-") or word.text == "-":
            return found[at - 1 :]
        for name, value in _split(word):
            if value is None and name not in flags.SWITCHES and at < len(found) and name not in flags.REFUSED_SWITCHES:
                value = found[at].text
                at += 1
            _apply(draft, word, name, value)
    return []


def _split(word: Word) -> list[tuple[str, str | None]]:
    """--name=value, --name, -p80:80, -it: (long name, value or None)."""
    if word.text.startswith("--"):
        name, equals, value = word.text[2:].partition("=")
        return [(name, value if equals else None)]
    found: list[tuple[str, str | None]] = []
    letters = word.text[1:]
    for index, letter in enumerate(letters):
        name = flags.SHORT.get(letter, letter)
        if name in flags.SWITCHES and letters[index + 1 : index + 2] != "=":
            found.append((name, None))
            continue
        value = letters[index + 1 :].removeprefix("=")
        found.append((name, value or None))
        break
    return found


def _apply(draft: Draft, word: Word, name: str, value: str | None) -> None:
    shown = f"--{name}" if len(name) > 1 else f"-{name}"
    if name in flags.MEANINGLESS:
        draft.notes.append(f"{shown}: {flags.MEANINGLESS[name]}")
        return
    if name in flags.SWITCHES:
        if value is None or value.lower() in {"true", "1"}:
            flags.SWITCHES[name](draft.service)
        return
    if name in flags.REFUSED:
        _refuse(draft, word, shown, f"“{shown}” is not converted.", flags.REFUSED[name])
        return
    handler = HANDLERS.get(name)
    if handler is None:
        _refuse(draft, word, shown, f"“{shown}” is no flag of docker run that is known here.", "Remove or correct it.")
    elif value is None:
        _refuse(draft, word, shown, f"“{shown}” has no value.", "Write the value behind it.")
    else:
        try:
            handler(draft, value)
        except flags.Unreadable as error:
            _refuse(draft, word, shown, str(error), "Correct it.")


def _refuse(draft: Draft, word: Word, path: str, message: str, remedy: str) -> None:
    draft.refusals.append(Refusal(path, word.line, word.column, message, remedy))


def _networks(draft: Draft, service: dict[str, Any]) -> dict[str, Any]:
    """The top-level networks: one that a docker run line names is there already."""
    if not draft.network:
        if draft.endpoint:
            service["networks"] = {"default": draft.endpoint}
        return {}
    service["networks"] = {draft.network: draft.endpoint or None} if draft.endpoint else [draft.network]
    return {draft.network: {"external": True}}


def _service_name(service: Mapping[str, Any]) -> str:
    named = str(service.get("container_name") or "")
    if not named:
        named = str(service["image"]).partition("@")[0].rpartition("/")[2].partition(":")[0]
    return _NAME.sub("-", named).strip("-._") or "app"


def _named_volumes(service: Mapping[str, Any]) -> list[str]:
    found: dict[str, None] = {}
    for volume in service.get("volumes", ()):
        if isinstance(volume, str):
            source = volume_source(volume)
        else:
            source = str(volume.get("source") or "") if volume["type"] == "volume" else ""
        if source:
            found[source] = None
    return list(found)


def _text(name: str) -> Handler:
    return lambda draft, value: draft.service.__setitem__(name, value)


def _item(name: str) -> Handler:
    return lambda draft, value: draft.add(name, value)


def _part(name: str, inner: str, change: Callable[[str], Any] = str) -> Handler:
    return lambda draft, value: draft.inner(name).__setitem__(inner, change(value))


def _pair(name: str) -> Handler:
    def handle(draft: Draft, value: str) -> None:
        key, _, text = value.partition("=")
        draft.inner(name)[key] = text

    return handle


def _network(draft: Draft, value: str) -> None:
    options = dict(part.partition("=")[::2] for part in value.split(",")) if "name=" in value else {"name": value}
    name = options["name"]
    if name in {"host", "none", "bridge"} or name.startswith("container:"):
        draft.service["network_mode"] = name
    elif name != "default":
        draft.network = name
        draft.endpoint |= {key: options[word] for word, key in flags.NETWORK_OPTIONS.items() if word in options}
        if "alias" in options:
            draft.endpoint["aliases"] = [options["alias"]]


def _alias(draft: Draft, value: str) -> None:
    draft.endpoint.setdefault("aliases", []).append(value)


def _endpoint(name: str) -> Handler:
    return lambda draft, value: draft.endpoint.__setitem__(name, value)


def _link_local(draft: Draft, value: str) -> None:
    draft.endpoint.setdefault("link_local_ips", []).append(value)


def _mount(draft: Draft, value: str) -> None:
    draft.add("volumes", flags.mount(value))


def _ulimit(draft: Draft, value: str) -> None:
    name, limits = flags.ulimit(value)
    draft.inner("ulimits")[name] = limits


def _throttle(name: str, word: str) -> Handler:
    def handle(draft: Draft, value: str) -> None:
        path, _, rate = value.rpartition(":")
        draft.inner("blkio_config").setdefault(name, []).append({"path": path, word: rate})

    return handle


def _gpus(draft: Draft, value: str) -> None:
    draft.service["gpus"] = flags.gpus(value)


def _pull(draft: Draft, value: str) -> None:
    draft.service["pull_policy"] = value


HANDLERS: Mapping[str, Handler] = {
    **{flag: _text(name) for flag, name in flags.TEXTS.items()},
    **{flag: _item(name) for flag, name in flags.ITEMS.items()},
    **{flag: _pair(name) for flag, name in flags.PAIRS.items()},
    **{flag: _throttle(*names) for flag, names in flags.THROTTLES.items()},
    "entrypoint": lambda draft, value: draft.service.__setitem__("entrypoint", [value] if value else []),
    "stop-timeout": lambda draft, value: draft.service.__setitem__("stop_grace_period", f"{value}s"),
    "blkio-weight": _part("blkio_config", "weight"),
    "health-cmd": _part("healthcheck", "test"),
    "health-interval": _part("healthcheck", "interval"),
    "health-retries": _part("healthcheck", "retries"),
    "health-timeout": _part("healthcheck", "timeout"),
    "health-start-period": _part("healthcheck", "start_period"),
    "health-start-interval": _part("healthcheck", "start_interval"),
    "log-driver": _part("logging", "driver"),
    "log-opt": lambda draft, value: draft.inner("logging").setdefault("options", {}).update([value.split("=", 1)]),
    "network": _network,
    "net": _network,
    "network-alias": _alias,
    "net-alias": _alias,
    "ip": _endpoint("ipv4_address"),
    "ip6": _endpoint("ipv6_address"),
    "link-local-ip": _link_local,
    "mount": _mount,
    "ulimit": _ulimit,
    "gpus": _gpus,
    "pull": _pull,
}
