"""What a project is made of: named texts, values and secrets. Nothing is read from anywhere else."""

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

MAIN = "compose.yaml"
COMPOSE_NAMES = (MAIN, "compose.yml", "docker-compose.yaml", "docker-compose.yml")  # in the order of docker compose
MAX_FILES = 200
MAX_TOTAL = 4 << 20
_URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://|git@|github\.com/|oci:")
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


class Outside(ValueError):
    """A path that is none of the project's; the message is a sentence."""


@dataclass(frozen=True)
class Sources:
    """files: path in the project, as "db/init.sql" -> text. compose: the files that make the project, later ones over
    earlier ones. values: what variables stand for, over those of `.env`.

    secrets: what secrets and external configs hold, by name; the text may be whatever stands for it, it is never read.
    profiles: switched on besides those that the value COMPOSE_PROFILES names; "*" is all.
    """

    files: Mapping[str, str]
    compose: tuple[str, ...] = (MAIN,)
    values: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    profiles: tuple[str, ...] = ()

    def label(self, path: str) -> str:
        """What a file is called in refusals: "" for the main one."""
        return "" if path == self.compose[0] else path

    def below(self, path: str) -> list[str]:
        """The files in the folder `path`, sorted; "" is the project itself."""
        start = f"{path}/" if path else ""
        return sorted(name for name in self.files if name.startswith(start))


def project_path(directory: str, path: str) -> str:
    """`path`, as written in a file of `directory`, from the project's root; "" is the root. Raises Outside."""
    text = path.strip().replace("\\", "/")
    if _URL.match(text):
        raise Outside(f"“{path}” is an address; nothing is fetched from there.")
    if text.startswith(("/", "~")) or _DRIVE.match(path.strip()):
        raise Outside(f"“{path}” is not in the project's own folder.")
    found = posixpath.normpath(posixpath.join(directory, text))
    if found == ".." or found.startswith("../"):
        raise Outside(f"“{path}” leaves the project's folder.")
    return "" if found == "." else found
