"""What cloud-init does with customData, as far as our own templates use it. [cloud-init modules]"""

import base64
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML

HEADER = "#cloud-config"
KNOWN = {"write_files", "runcmd", "packages", "package_update"}


class NotCloudConfig(ValueError):
    """customData that cloud-init would pass by, or that asks for what this one cannot do."""


@dataclass(frozen=True)
class CloudFile:
    """A file to write before the commands run."""

    path: str
    content: str
    mode: str = "0644"


@dataclass(frozen=True)
class CloudConfig:
    """files first, then the packages, then `script`, whose lines are the commands of runcmd."""

    files: tuple[CloudFile, ...]
    packages: tuple[str, ...]
    script: str


def cloud_config(custom_data: str) -> CloudConfig:
    """The configuration in customData (base64). Raises NotCloudConfig."""
    text = base64.b64decode(custom_data, validate=True).decode()
    if not text.startswith(f"{HEADER}\n"):
        raise NotCloudConfig("customData does not begin with #cloud-config")
    given: Mapping[str, Any] = YAML(typ="safe", pure=True).load(text) or {}
    if unknown := sorted(set(given) - KNOWN):
        raise NotCloudConfig(f"this cloud-init does not know {unknown[0]}")
    files = tuple(
        CloudFile(str(one["path"]), str(one["content"]), str(one.get("permissions", "0644")))
        for one in given.get("write_files", ())
    )
    return CloudConfig(files, tuple(map(str, given.get("packages", ()))), _script(given.get("runcmd", ())))


def _script(commands: Sequence[str | Sequence[str]]) -> str:
    """As cloud-init writes it: a list is one command with its arguments, a text is a line of shell."""
    lines = [command if isinstance(command, str) else shlex.join(map(str, command)) for command in commands]
    return "\n".join(["#!/bin/sh", *lines, ""])
