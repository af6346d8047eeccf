"""The pages of clusters."""

from hosts.models import Cluster, ClusterMember
from tests.people import make_host

from . import Row, World, page

ZERO = "00000000-0000-0000-0000-000000000000"
NAMES = {"page_cluster": ZERO, "page_node": ZERO}


def prepare(world: World) -> dict[str, str]:
    """A cluster with a host that has not joined yet."""
    host = make_host(world.team, "node-host", os="linux", architecture="amd64")
    cluster = Cluster.objects.create(team=world.team, name="paged")
    ClusterMember.objects.create(cluster=cluster, host=host)
    return {"page_cluster": str(cluster.pk), "page_node": str(host.pk)}


CLUSTER = "/clusters/{page_cluster}/"
NODE = f"{CLUSTER}nodes/{{page_node}}/"


def post(path: str, admin: int) -> Row:
    """Only who manages hosts may."""
    return Row("POST", path, anonymous=302, viewer=403, deployer=403, admin=admin, stranger=404)


ROWS = [
    page("/clusters/", stranger=200),
    page("/clusters/rows/", stranger=200),
    page("/clusters/add/", 403, admin=200, stranger=200),
    Row("POST", "/clusters/add/", anonymous=302, viewer=403, deployer=403, admin=422, stranger=422),
    page(CLUSTER),
    page(f"{CLUSTER}content/", stranger=200),  # says only that it is gone, as for one that is
    post(f"{CLUSTER}join/", 422),
    post(f"{CLUSTER}rotate/", 409),
    post(f"{NODE}change/", 422),
    post(f"{NODE}remove/", 302),
    post(f"{CLUSTER}remove/", 302),
]
