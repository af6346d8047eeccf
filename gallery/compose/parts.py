"""Parts of a project beyond the everyday ones: files, hooks, GPUs, block devices, notes. Typed, frozen.

Sizes are bytes, durations are seconds, empty strings and empty tuples mean "not given".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

CONFIG, SECRET, PROJECT_FILE = "config", "secret", "file"


@dataclass(frozen=True)
class Note:
    """Something that is read and changes nothing here, or deserves a look. Shown, never refused.

    path, line, column, file: its place, as in a refusal.
    """

    path: str
    line: int
    column: int
    message: str
    file: str = ""

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


@dataclass(frozen=True)
class File:
    """A file that is written into a container before it starts. [services.configs, services.secrets, services.volumes]

    kind: config, secret or file (a relative bind mount of one of the project's own files, delivered as a copy).
    key: in the top level `configs` or `secrets`, or the file's name in the project. target: absolute path in the
    container. content: the text; of a secret whatever stands for it, so never show it. uid, gid: numbers. mode: 0o444.
    """

    kind: str
    key: str
    target: str
    content: str = field(repr=False)
    uid: int = 0
    gid: int = 0
    mode: int = 0o444


@dataclass(frozen=True)
class Hook:
    """A command run inside the running container. [services.post_start, services.pre_stop]"""

    command: tuple[str, ...]
    user: str = ""
    working_dir: str = ""
    privileged: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class DeviceRequest:
    """Devices a driver hands out, GPUs above all. [services.gpus, deploy.resources.reservations.devices]

    count: -1 for all, 0 when `ids` names them. capabilities: all of them are needed.
    """

    capabilities: tuple[str, ...]
    count: int = 0
    ids: tuple[str, ...] = ()
    driver: str = ""
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Throttle:
    """path: a block device of the host. rate: bytes or operations a second, or a weight from 10 to 1000."""

    path: str
    rate: int


@dataclass(frozen=True)
class BlockIo:
    """Shares and limits of block devices. [services.blkio_config] weight: 10..1000, 0 for the engine's default."""

    weight: int = 0
    weight_device: tuple[Throttle, ...] = ()
    read_bps: tuple[Throttle, ...] = ()
    read_iops: tuple[Throttle, ...] = ()
    write_bps: tuple[Throttle, ...] = ()
    write_iops: tuple[Throttle, ...] = ()


@dataclass(frozen=True)
class Variable:
    """A name that the text interpolates. default: None when there is none. required: it has the form ${NAME:?...}."""

    name: str
    default: str | None = None
    required: bool = False
    help: str = ""
