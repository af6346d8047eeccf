"""The pages and the API of Docker contexts and certificates."""

from hosts.services.certificates import docker_context_create
from portal.people.access import actor_for_user
from tests.people import make_host

from . import Row, World, api, page

ZERO = "00000000-0000-0000-0000-000000000000"
NAMES = {"docker_host": ZERO, "docker_certificate": ZERO, "docker_other_certificate": ZERO}


def prepare(world: World) -> dict[str, str]:
    """A host, and two certificates of the team's admin."""
    host = make_host(world.team, "docker-host", os="linux", architecture="amd64")
    actor = actor_for_user(world.people["admin"])
    first, second = (docker_context_create(host=host, actor=actor).certificate for _ in range(2))
    return {
        "docker_host": str(host.pk),
        "docker_certificate": str(first.pk),
        "docker_other_certificate": str(second.pk),
    }


CONTEXT = {"host": "{docker_host}", "ttl_seconds": 3600}
FORM = {"role": "viewer", "ttl_seconds": "86400"}
END = "/account/docker/{docker_certificate}/revoke/"

ROWS = [
    page("/hosts/{docker_host}/docker/"),
    Row("POST", "/hosts/{docker_host}/docker/", 302, 200, 200, 200, 404, body=FORM),
    page("/account/docker/", stranger=200),
    Row("POST", END, anonymous=302, viewer=404, deployer=404, admin=302, stranger=404),
    api("POST", "/docker-contexts", body=CONTEXT),
    api("GET", "/docker-certificates", stranger=200),
    api("DELETE", "/docker-certificates/{docker_other_certificate}", viewer=404, deployer=404, admin=204),
]
