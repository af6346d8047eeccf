"""The repeatable rows of the deploy form: ports, environment and volumes.

Each row is sent as parallel lists (`port_host`, `port_container`, `port_protocol`, ...), so that rows can be added and
removed without renumbering, and without a script. A row keeps what was typed, right or wrong, and its errors.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

MAX_ROWS = 100
PROTOCOLS = ("tcp", "udp", "sctp")
_ENV_NAME = re.compile(r"[^=\s\0]+\Z")
_VOLUME_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+\Z")
_WINDOWS_PATH = re.compile(r"[a-zA-Z]:[\\/]|\\\\")
_PORT_RANGE = range(1, 65536)


@dataclass
class PortRow:
    """One published port. host: empty means the engine chooses."""

    host: str = ""
    container: str = ""
    protocol: str = "tcp"
    errors: dict[str, str] = field(default_factory=dict, kw_only=True)

    @property
    def blank(self) -> bool:
        return not self.host and not self.container

    def check(self) -> None:
        if self.host and not _is_port(self.host):
            self.errors["host"] = _("A host port is a number from 1 to 65535; leave it empty to let the engine choose.")
        if not _is_port(self.container):
            self.errors["container"] = _("A container port is a number from 1 to 65535.")
        if self.protocol not in PROTOCOLS:
            self.errors["protocol"] = _("Choose tcp, udp or sctp.")

    def as_compose(self) -> dict[str, Any]:
        """Compose's long syntax; published is a string there."""
        entry: dict[str, Any] = {"target": int(self.container), "protocol": self.protocol}
        if self.host:
            entry["published"] = str(int(self.host))
        return entry


@dataclass
class EnvironmentRow:
    """One variable."""

    name: str = ""
    value: str = ""
    errors: dict[str, str] = field(default_factory=dict, kw_only=True)

    @property
    def blank(self) -> bool:
        return not self.name and not self.value

    def check(self) -> None:
        if not _ENV_NAME.match(self.name):
            self.errors["name"] = _("A variable needs a name without spaces or “=”.")
        if "\0" in self.value:
            self.errors["value"] = _("A value cannot hold a zero byte.")


@dataclass
class VolumeRow:
    """One mount. source: a volume's name or an absolute path on the host; empty asks for an unnamed volume."""

    source: str = ""
    target: str = ""
    mode: str = "rw"
    errors: dict[str, str] = field(default_factory=dict, kw_only=True)

    @property
    def blank(self) -> bool:
        return not self.source and not self.target

    @property
    def is_bind(self) -> bool:
        return self.source.startswith("/") or bool(_WINDOWS_PATH.match(self.source))

    def check(self) -> None:
        if not (self.target.startswith("/") or _WINDOWS_PATH.match(self.target)):
            self.errors["target"] = _("A path in the container starts with “/” (or a drive, such as C:\\).")
        if self.source and not self.is_bind and not _VOLUME_NAME.match(self.source):
            self.errors["source"] = _(
                "Write the name of a volume (letters, digits, dot, dash) or an absolute path on the host."
            )
        if self.mode not in {"rw", "ro"}:
            self.errors["mode"] = _("Choose read and write, or read only.")

    def as_compose(self) -> dict[str, Any]:
        """Compose's long syntax."""
        entry: dict[str, Any] = {"type": "bind" if self.is_bind else "volume", "target": self.target}
        if self.source:
            entry["source"] = self.source
        if self.mode == "ro":
            entry["read_only"] = True
        return entry


@dataclass
class Rows:
    """All repeatable rows of one form. defaults: the image's own environment, which need not be written down."""

    ports: list[PortRow] = field(default_factory=list)
    environment: list[EnvironmentRow] = field(default_factory=list)
    volumes: list[VolumeRow] = field(default_factory=list)
    error: str = ""
    defaults: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_post(cls, data: QueryDict) -> "Rows":
        """The rows as typed, spaces at the ends removed."""
        rows = cls(
            ports=[PortRow(*row) for row in _zipped(data, "port_host", "port_container", "port_protocol")],
            environment=[EnvironmentRow(*row) for row in _zipped(data, "env_name", "env_value", strip=1)],
            volumes=[VolumeRow(*row) for row in _zipped(data, "volume_source", "volume_target", "volume_mode")],
        )
        for row in rows.ports:
            row.protocol = row.protocol or "tcp"
        for volume in rows.volumes:
            volume.mode = volume.mode or "rw"
        return rows

    def is_valid(self) -> bool:
        """Check every row that is not blank; also what only the rows together show (a port or name given twice)."""
        ports = [row for row in self.ports if not row.blank]
        variables = [row for row in self.environment if not row.blank]
        volumes = [row for row in self.volumes if not row.blank]
        kept: list[PortRow | EnvironmentRow | VolumeRow] = [*ports, *variables, *volumes]
        if max(len(ports), len(variables), len(volumes)) > MAX_ROWS:
            self.error = _("At most %(limit)d rows of each kind fit.") % {"limit": MAX_ROWS}
        for row in kept:
            row.check()
        published = ((row, (row.host, row.protocol)) for row in ports if row.host)
        _mark_twice(published, "host", _("This host port is given twice."))
        _mark_twice(((row, row.name) for row in variables if row.name), "name", _("This name is given twice."))
        _mark_twice(((row, row.target) for row in volumes if row.target), "target", _("This path is given twice."))
        return not self.error and not any(row.errors for row in kept)

    @property
    def fine(self) -> bool:
        """Whether the last check found nothing wrong."""
        kept: list[PortRow | EnvironmentRow | VolumeRow] = [*self.ports, *self.environment, *self.volumes]
        return not self.error and not any(row.errors for row in kept)

    def as_compose(self) -> dict[str, Any]:
        """The compose service attributes of the rows; absent when a kind has no row. Call after `is_valid`.

        Dollar signs stand for themselves: write the text with `service_to_compose(..., literal=True)`.
        """
        service: dict[str, Any] = {}
        if ports := [row.as_compose() for row in self.ports if not row.blank]:
            service["ports"] = ports
        given = {row.name: row.value for row in self.environment if not row.blank}
        if variables := {name: value for name, value in given.items() if self.defaults.get(name) != value}:
            service["environment"] = variables
        if volumes := [row.as_compose() for row in self.volumes if not row.blank]:
            service["volumes"] = volumes
        return service

    def add_blank(self, kind: str) -> None:
        """One more empty row of "ports", "environment" or "volumes"; other words do nothing."""
        makers: Mapping[str, Any] = {"ports": PortRow, "environment": EnvironmentRow, "volumes": VolumeRow}
        if kind in makers:
            getattr(self, kind).append(makers[kind]())

    def remove(self, kind: str, index: int) -> None:
        """Without the row at `index`; out of range does nothing."""
        if kind in {"ports", "environment", "volumes"}:
            rows = getattr(self, kind)
            if 0 <= index < len(rows):
                del rows[index]


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 5 and int(text) in _PORT_RANGE


def _zipped(data: QueryDict, *names: str, strip: int | None = None) -> list[tuple[str, ...]]:
    """Rows from parallel lists; short lists are filled with "". strip: how many leading columns lose outer spaces."""
    columns = [data.getlist(name) for name in names]
    count = max((len(column) for column in columns), default=0)
    filled = [[str(value) for value in column] + [""] * (count - len(column)) for column in columns]
    limit = len(names) if strip is None else strip
    return [
        tuple(value.strip() if position < limit else value for position, value in enumerate(row))
        for row in zip(*filled, strict=True)
    ]


def _mark_twice(
    entries: Iterable[tuple[PortRow | EnvironmentRow | VolumeRow, object]], name: str, message: str
) -> None:
    seen: set[object] = set()
    for row, key in entries:
        if key in seen:
            row.errors.setdefault(name, message)
        seen.add(key)
