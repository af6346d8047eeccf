"""Names and small words shared by those who write Engine API bodies. Pure."""

from typing import Any

from gallery.compose.types import Project, Service, ServiceNetwork

PREFIX = "com.docker.compose."
SECOND = 1_000_000_000  # durations of the Engine API are nanoseconds
Body = dict[str, Any]


def container_name(project: Project, service: Service, number: int) -> str:
    """As docker compose names it, unless the file does."""
    return service.container_name or f"{project.name}-{service.name}-{number}"


def network_name(project: Project, network: ServiceNetwork) -> str:
    """The name on the engine of a network that a service joins."""
    return project.networks[network.key].name


def put(body: Body, name: str, value: Any) -> None:
    """Only what is given: no empty text, list, object, and no false."""
    if value not in ("", None, False) and value != () and value != [] and value != {}:
        body[name] = value


def shared(project: Project, text: str, number: int) -> str:
    """A namespace, as the engine names it: service:db becomes container:<the container of db>.

    number: of the container that shares it; replicas share with the replica of the same number where there is one.
    """
    kind, _, name = text.partition(":")
    if kind != "service":
        return text
    other = project.service(name)
    return f"container:{container_name(project, other, min(number, max(other.replicas, 1)))}"
