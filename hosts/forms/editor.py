"""What the editor page sends: texts, values, files and secrets, as they were typed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from gallery.compose.sources import COMPOSE_NAMES
from portal.problems import Invalid

MAX_UPLOAD = 2 << 20
MAX_UPLOADS = 100
START = """services:
  web:
    image: nginx:1.27
    ports:
      - "8080:80"
"""


@dataclass
class Typed:
    """One state of the page. values: NAME=value lines. secrets: name -> value, never shown again."""

    name: str = ""
    team: str = ""
    compose: str = START
    values: str = ""
    files: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    paste: str = ""
    git_url: str = ""
    git_ref: str = ""
    git_path: str = ""

    @property
    def secret_rows(self) -> list[str]:
        """Names of secrets to be filled in, with rows for three at least."""
        return [*self.secrets, *[""] * max(1, 3 - len(self.secrets))]

    @property
    def rows(self) -> list[tuple[str, str]]:
        """The files, with one row to fill in."""
        return [*self.files.items(), ("", "")]


def typed_of(request: HttpRequest) -> Typed:
    """What was sent, uploads worked in. Raises Invalid under "uploads"."""
    data = request.POST
    texts = {"compose": data.get("compose", ""), "values": data.get("values", "")}
    typed = Typed(
        name=data.get("name", "").strip(),
        team=data.get("team", ""),
        files=_pairs(data.getlist("file_path"), data.getlist("file_text")),
        secrets=_pairs(data.getlist("secret_name"), data.getlist("secret_value"), strip=False),
        paste=data.get("paste", "").strip(),
        git_url=data.get("git_url", "").strip(),
        git_ref=data.get("git_ref", "").strip(),
        git_path=data.get("git_path", "").strip(),
        **{name: text.replace("\r\n", "\n") for name, text in texts.items()},
    )
    uploads: list[Any] = request.FILES.getlist("uploads")
    if len(uploads) > MAX_UPLOADS:
        raise Invalid(f"At most {MAX_UPLOADS} files at once.", fields={"uploads": ["Too many files."]})
    for upload in uploads:
        _take(typed, upload)
    return typed


def _pairs(names: list[str], texts: list[str], *, strip: bool = True) -> dict[str, str]:
    pairs = list(zip_longest(names, texts, fillvalue=""))  # a check as one types leaves the values of secrets out
    return {name.strip(): text.replace("\r\n", "\n") if strip else text for name, text in pairs if name.strip()}


def _take(typed: Typed, upload: "UploadedFile[bytes]") -> None:
    """A compose file becomes the text, any other one of the project's files."""
    name = (upload.name or "file").replace("\\", "/").rpartition("/")[2]
    if (upload.size or 0) > MAX_UPLOAD:
        message = f"{name} is larger than {MAX_UPLOAD >> 20} MiB."
        raise Invalid(message, fields={"uploads": [message]})
    try:
        text = upload.read().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        message = f"{name} is not text in UTF-8; only texts can be delivered as files."
        raise Invalid(message, fields={"uploads": [message]}) from error
    if name in COMPOSE_NAMES:
        typed.compose = text
    elif name == ".env":
        typed.values = text
    else:
        typed.files[name] = text


def fields_of(problem: Invalid) -> Mapping[str, list[str]]:
    """The problem's fields, at least one."""
    return problem.fields or {"compose": [problem.detail]}
