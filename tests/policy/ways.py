"""A way to walk around a policy: a request of a deployer without the named permission, and the rule that denies it."""

import json
from dataclasses import dataclass
from typing import Any

from hosts.policy import Ownership

from .asking import create

CREATE = "/v1.41/containers/create"
SERVICE = "/v1.41/services/create"
HOST_ID = "5e1f" * 16  # the id of the engine's own network called host
JSON = "application/json"


@dataclass(frozen=True)
class Way:
    """One request. role: who sends it; ownership: on whose host."""

    rule: str
    method: str
    target: str
    body: Any = b""
    role: str = "deployer"
    ownership: Ownership | None = None
    content_type: str = JSON

    def __str__(self) -> str:
        body = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        return f"{self.rule}-{self.method} {self.target[-50:]} {body[:90]!r}"


def made(rule: str, *hosts: dict[str, Any]) -> list[Way]:
    """Containers made with these host configurations."""
    return [Way(rule, "POST", CREATE, create(host)) for host in hosts]


def served(rule: str, *bodies: dict[str, Any]) -> list[Way]:
    """Services made, and updated, to these specs."""
    return [
        Way(rule, "POST", target, body)
        for body in bodies
        for target in (SERVICE, "/v1.41/services/web/update?version=3")
    ]


def raw(rule: str, *texts: str | bytes) -> list[Way]:
    """Containers made by these bytes."""
    return [Way(rule, "POST", CREATE, text if isinstance(text, bytes) else text.encode()) for text in texts]


def mount(**fields: Any) -> dict[str, Any]:
    return {"Mounts": [{"Target": "/h", **fields}]}


PRIVILEGED = {"Privileged": True}
BIND = {"Type": "bind", "Source": "/", "Target": "/h"}
