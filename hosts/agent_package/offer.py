"""What this portal offers to hosts: the agent's wheel, the list of what it needs, and the files it has of that."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from django.conf import settings

from .locks import Pin, normalized, pins_of, requirements_text
from .wheel import Wheel, agent_wheel
from .wheels import PYTHONS, TARGETS, Kept, Target, Wheelhouse

AGENT_FOLDER = "engine_agent"


@dataclass(frozen=True)
class TargetState:
    """What of a kind of host is not there yet."""

    target: Target
    missing: tuple[str, ...]
    everything: bool = False

    @property
    def by_python(self) -> list[str]:
        """What is missing, a line for each version of Python."""
        found: dict[str, list[str]] = {}
        for word in self.missing:
            name, _, python = word.partition(" for ")
            found.setdefault(python, []).append(name)
        return [f"{python}: {', '.join(names)}" for python, names in found.items()]


class Offer:
    """Read once per process; the folder of wheels is looked at each time."""

    def __init__(self, base: Path, data: Path) -> None:
        self._base = base
        self.house = Wheelhouse(data / "agent" / "wheels")

    @cached_property
    def wheel(self) -> Wheel:
        return agent_wheel(self._base / AGENT_FOLDER)

    @cached_property
    def pins(self) -> tuple[Pin, ...]:
        return pins_of((self._base / "requirements.txt").read_text("utf-8"), self.wheel.requires)

    @cached_property
    def requirements(self) -> str:
        """The list that a host installs from."""
        project = normalized(self.wheel.name.split("-")[0])
        return requirements_text(self.pins, Pin(project, self.wheel.version, (self.wheel.sha256,)))

    def files(self) -> dict[str, str]:
        """Name and SHA-256 of every file to be had here, the agent's own first."""
        return {self.wheel.name: self.wheel.sha256} | {one.name: one.sha256 for one in self.house.kept(self.pins)}

    def file(self, name: str) -> bytes | Kept | None:
        """A file of `files`: the agent's own as bytes, one of the folder as where it is."""
        if name == self.wheel.name:
            return self.wheel.content
        return next((one for one in self.house.kept(self.pins) if one.name == name), None)

    def states(self) -> list[TargetState]:
        """What each kind of host would find."""
        most = len(PYTHONS) * len(self.pins)
        found = [(target, tuple(self.house.missing(target, self.pins))) for target in TARGETS]
        return [TargetState(target, missing, len(missing) == most) for target, missing in found]


_offers: dict[tuple[Path, Path], Offer] = {}


def offer() -> Offer:
    """This portal's offer."""
    key = (Path(settings.BASE_DIR), Path(settings.DATA_DIR))
    return _offers.setdefault(key, Offer(*key))
