"""The credentials of a pull or a push: put into a command when it is sent, and stored with none."""

from msgspec.structs import replace

from engine_agent.protocol.access import RegistryAuth
from engine_agent.protocol.bodies import CommandBody, Deploy, ImagePush, ImageSpec, Prepare
from engine_agent.protocol.swarm import StackDeploy, SwarmObject
from gallery.registry.errors import NotAReference
from gallery.registry.reference import parse_reference
from gallery.selectors.registries import access_for, accesses_for_images
from gallery.sources import Access

HUB_SERVER = "https://index.docker.io/v1/"  # Docker Hub's name in an engine's own words


def with_pull_access(body: CommandBody, *, team: int) -> CommandBody:
    """The same command with the team's accounts for the images it pulls. For the wire alone."""
    if isinstance(body, StackDeploy):
        return _for_nodes(body, team)
    if isinstance(body, ImagePush):
        return _for_push(body, team)
    if not isinstance(body, Deploy | Prepare):
        return body
    pulled = {_pulled_from(image) for image in body.images if image.pull != "never" and image.build is None}
    accesses = accesses_for_images(team, pulled)
    if not accesses:
        return body
    images = tuple(_with_auth(image, accesses.get(_pulled_from(image))) for image in body.images)
    return replace(body, images=images)


def _for_push(body: ImagePush, team: int) -> ImagePush:
    """At Docker Hub only an account that the namespace belongs to may write."""
    try:
        reference = parse_reference(body.reference)
    except NotAReference:
        return body
    access = access_for([team], reference.host, reference.namespace)
    return body if access.credentials is None else replace(body, auth=_auth(body.reference, access))


def _pulled_from(image: ImageSpec) -> str:
    return image.source or image.reference


def _with_auth(image: ImageSpec, access: Access | None) -> ImageSpec:
    if access is None or access.credentials is None or image.pull == "never" or image.build is not None:
        return image
    return replace(image, auth=_auth(_pulled_from(image), access))


def _for_nodes(body: StackDeploy, team: int) -> StackDeploy:
    """A stack whose services the nodes pull with the team's accounts."""
    images = {service.name: _service_image(service) for service in body.services}
    accesses = accesses_for_images(team, set(images.values()))
    services: list[SwarmObject] = []
    for service in body.services:
        access = accesses.get(images[service.name])
        known = access is not None and access.credentials is not None
        services.append(replace(service, auth=_auth(images[service.name], access)) if access and known else service)
    return replace(body, services=tuple(services))


def _service_image(service: SwarmObject) -> str:
    template = (service.spec or {}).get("TaskTemplate") or {}
    return str((template.get("ContainerSpec") or {}).get("Image", ""))


def _auth(reference: str, access: Access) -> RegistryAuth:
    try:
        server = parse_reference(reference).host or HUB_SERVER
    except NotAReference:
        server = HUB_SERVER
    return RegistryAuth(server, access.username, access.secret)
