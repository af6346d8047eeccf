"""A registry for the tests of deployments: what it has, and what it says of the rest."""

from collections.abc import Callable

from gallery.images import ResolvedImage
from gallery.problems import ImageNotFound, RegistryUnavailable, TagNotFound
from tests.hosts.shapes import DIGEST, manifests

Resolve = Callable[[str], ResolvedImage]


def resolve(reference: str) -> ResolvedImage:
    """nginx:1 for Linux, iis:1 for Windows, nothing else."""
    if reference == "nginx:1":
        return ResolvedImage(reference, DIGEST, manifests("linux/amd64", "linux/arm64"))
    if reference == "iis:1":
        return ResolvedImage(reference, DIGEST, manifests("windows/amd64@10.0.20348.1"))
    if reference.startswith(("nginx:", "iis:")):
        raise TagNotFound(f"{reference.partition(':')[0]} has no tag {reference.partition(':')[2]}.")
    if reference.startswith("away/"):
        raise RegistryUnavailable("The registry does not answer.")
    raise ImageNotFound(f"There is no image {reference}.")
