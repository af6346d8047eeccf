"""The credentials of a pull: put into a command when it is sent, and stored with none."""

from msgspec.structs import replace

from engine_agent.protocol.bodies import CommandBody, Deploy, ImageSpec, Prepare, RegistryAuth
from gallery.registry.errors import NotAReference
from gallery.registry.reference import parse_reference
from gallery.selectors.registries import accesses_for_images
from gallery.sources import Access

HUB_SERVER = "https://index.docker.io/v1/"  # Docker Hub's name in an engine's own words


def with_pull_access(body: CommandBody, *, team: int) -> CommandBody:
    """The same command with the team's accounts for the images it pulls. For the wire alone."""
    if not isinstance(body, Deploy | Prepare):
        return body
    pulled = {_pulled_from(image) for image in body.images if image.pull != "never" and image.build is None}
    accesses = accesses_for_images(team, pulled)
    if not accesses:
        return body
    images = tuple(_with_auth(image, accesses.get(_pulled_from(image))) for image in body.images)
    return replace(body, images=images)


def _pulled_from(image: ImageSpec) -> str:
    return image.source or image.reference


def _with_auth(image: ImageSpec, access: Access | None) -> ImageSpec:
    if access is None or access.credentials is None or image.pull == "never" or image.build is not None:
        return image
    return replace(image, auth=RegistryAuth(_server(image), access.username, access.secret))


def _server(image: ImageSpec) -> str:
    try:
        return parse_reference(_pulled_from(image)).host or HUB_SERVER
    except NotAReference:
        return HUB_SERVER
