"""Who may ask for what of hosts, containers, commands, applications and deployments over the API."""

from django.utils import timezone

from engine_agent.protocol.bodies import ContainerAction
from hosts.models import Cluster, ClusterMember, Container, Host, Image
from hosts.services.applications import application_create
from hosts.services.commands import command_create
from hosts.services.deployments import deployment_start
from hosts.services.enrolments import enrolment_create
from portal.people.access import portal_actor
from tests.hosts.resolving import resolve
from tests.people import make_host

from . import Row, World, api

_ID = "6f1c1c1e-0000-4000-8000-000000000000"
NAMES = {
    "api_host": _ID,
    "api_container": "a" * 64,
    "api_image": "sha256:" + "b" * 64,
    "api_enrolment": _ID,
    "api_command": _ID,
    "api_application": _ID,
    "api_idle_application": _ID,
    "api_deployment": _ID,
    "api_context": "c" * 64,
    "api_away_host": _ID,
    "api_cluster": _ID,
}


def prepare(world: World) -> dict[str, str]:
    """A host that is online with a container and an image, and an application with a deployment on its way."""
    host = make_host(world.team, "api-host", os="linux", architecture="amd64")
    away = make_host(world.team, "api-away", os="linux", architecture="amd64", link="")
    _contents(host)
    _contents(away)
    command = command_create(
        host=host, body=ContainerAction("a" * 64, "restart"), summary="Restart it", actor=portal_actor()
    )
    service = {"image": "nginx:1"}
    here = {"hosts": [str(host.pk)]}
    busy = application_create(team=world.team, name="api-busy", actor=portal_actor(), service=service, targets=here)
    idle = application_create(team=world.team, name="api-idle", actor=portal_actor(), service=service)
    deployment = deployment_start(revision=busy[1], actor=portal_actor(), resolve=resolve)
    cluster = Cluster.objects.create(team=world.team, name="api-cluster")
    ClusterMember.objects.create(cluster=cluster, host=host)
    enrolment, _token = enrolment_create(team=world.team, actor=portal_actor())
    return {
        "api_host": str(host.pk),
        "api_container": "a" * 64,
        "api_image": "sha256:" + "b" * 64,
        "api_enrolment": str(enrolment.pk),
        "api_command": str(command.pk),
        "api_application": str(busy[0].pk),
        "api_idle_application": str(idle[0].pk),
        "api_deployment": str(deployment.pk),
        "api_context": "c" * 64,
        "api_away_host": str(away.pk),
        "api_cluster": str(cluster.pk),
    }


def _contents(host: Host) -> None:
    now = timezone.now()
    Container.objects.create(
        host=host, cid="a" * 64, name="web", image="nginx:1", image_id="x", state="running", observed_at=now
    )
    Image.objects.create(host=host, image_id="sha256:" + "b" * 64, tags=["own:1"], observed_at=now)


HOST = "/hosts/{api_host}"
CONTAINER = HOST + "/containers/{api_container}"
AWAY = "/hosts/{api_away_host}/containers/{api_container}"
APPLICATION = "/applications/{api_application}"
IDLE = "/applications/{api_idle_application}"
CLUSTER = "/clusters/{api_cluster}"
SERVICE = {"service": {"image": "nginx:1"}}

NETWORKS = {"kinds": ["networks"]}

ROWS = [
    api("POST", "/hosts/enrolments", 403, admin=201, body={"team": "{team}"}),
    api("GET", "/hosts/enrolments", stranger=200),
    api("GET", "/hosts/enrolments/{api_enrolment}", 403, admin=200),
    api("DELETE", "/hosts/enrolments/{api_enrolment}", 403, admin=204),
    api("POST", "/hosts/exports", 403, admin=201, stranger=422, body={"hosts": ["{api_host}"]}),
    api("GET", "/hosts", stranger=200),
    api("GET", HOST),
    api("PATCH", HOST, 403, admin=200, body={"labels": {"zone": "north"}}),
    api("DELETE", HOST, 403, admin=409),  # a deployment is on its way there
    api("GET", HOST + "/containers"),
    api("GET", CONTAINER),
    api("GET", AWAY + "/inspect", 503),  # permitted, and the host is not connected
    api("GET", AWAY + "/logs", 503),
    api("GET", HOST + "/images"),
    api("POST", HOST + "/images/{api_image}/push", 403, deployer=202, admin=202, body={"reference": "r.test/a:1"}),
    api("DELETE", HOST + "/images/{api_image}", 403, deployer=202, admin=202),
    api("GET", HOST + "/networks"),
    api("GET", HOST + "/volumes"),
    api("POST", CONTAINER + "/start", 403, deployer=202, admin=202),
    api("POST", CONTAINER + "/stop", 403, deployer=202, admin=202),
    api("POST", CONTAINER + "/restart", 403, deployer=202, admin=202),
    api("POST", CONTAINER + "/kill", 403, deployer=202, admin=202),
    api("DELETE", CONTAINER + "?force=true", 403, deployer=202, admin=202),
    api("GET", "/commands", stranger=200),
    api("GET", "/commands/{api_command}"),
    api("PATCH", "/commands/{api_command}", 403, deployer=200, admin=200, body={"ttl_seconds": 60}),
    api("POST", "/commands/{api_command}/cancel", 403, deployer=202, admin=202),
    api("GET", HOST + "/housekeeping"),
    api("PUT", HOST + "/housekeeping", 403, admin=200, body={"kinds": ["networks"]}),
    api("POST", "/hosts/{api_away_host}/housekeeping/preview", 403, deployer=503, admin=503, body=NETWORKS),
    api("POST", HOST + "/housekeeping/prune", 403, deployer=202, admin=202, body=NETWORKS),
    api("GET", "/teams/{team}/host-admission"),
    api("PUT", "/teams/{team}/host-admission", 403, admin=200, body={"approval": True}),
    api("POST", HOST + "/approve", 403, admin=409),  # it does not wait
    api("POST", HOST + "/refuse", 403, admin=409),
    api("POST", HOST + "/rotate-key", 403, admin=202),
    api("DELETE", HOST + "/conflict", 403, admin=204),
    api("GET", HOST + "/queue"),
    api("POST", HOST + "/queue/cancel", 403, deployer=200, admin=200),
    api("POST", AWAY + "/stop", 403, deployer=202, admin=202),
    api("GET", "/updates", stranger=200),
    api("GET", "/applications", stranger=200),
    api("POST", "/compose/validate", stranger=200, body={"compose": "services: {web: {image: x}}"}),
    api("POST", "/compose/convert", stranger=200, body={"docker_run": "docker run nginx"}),
    api("GET", f"{APPLICATION}/compose"),
    api("GET", f"{APPLICATION}/secrets"),
    api("PUT", f"{APPLICATION}/secrets/PASSWORD", 403, deployer=204, admin=204, body={"value": "hunter2"}),
    api("DELETE", f"{APPLICATION}/secrets/PASSWORD", 403, deployer=404, admin=404),
    api("POST", "/applications", 403, deployer=201, admin=201, body={"team": "{team}", "name": "new", **SERVICE}),
    api("GET", APPLICATION),
    api("PATCH", APPLICATION, 403, deployer=200, admin=200, body=SERVICE),
    api("DELETE", IDLE, 403, deployer=202, admin=202),
    api("POST", APPLICATION + "/plan", 422),  # no registry answers in tests: the role is right, the plan is refused
    api("POST", IDLE + "/deployments", 403, deployer=422, admin=422),
    api("POST", APPLICATION + "/deployments", 403, deployer=409, admin=409),  # one is on its way
    api("POST", APPLICATION + "/rollback", 403, deployer=404, admin=404),  # nothing has succeeded yet
    api("GET", "/clusters", stranger=200),
    api("POST", "/clusters", 403, admin=422, stranger=404, body={"team": "{team}", "name": "new", "hosts": []}),
    api("GET", CLUSTER),
    api("POST", CLUSTER + "/nodes", 403, admin=409, body={"host": "{api_away_host}"}),  # it is not connected
    api("PATCH", CLUSTER + "/nodes/{api_host}", 403, admin=409, body={"role": "manager"}),  # it has not joined yet
    api("POST", CLUSTER + "/rotate-tokens", 403, admin=409),  # it has no manager yet
    api("DELETE", CLUSTER + "/nodes/{api_host}", 403, admin=202),
    api("DELETE", CLUSTER, 403, admin=202),
    api("GET", "/deployments", stranger=200),
    api("GET", "/deployments/{api_deployment}"),
    api("POST", "/deployments/{api_deployment}/pause", 403, deployer=409, admin=409),  # it has one batch only
    api("POST", "/deployments/{api_deployment}/continue", 403, deployer=409, admin=409),  # it does not stand still
    api("POST", "/deployments/{api_deployment}/cancel", 403, deployer=202, admin=202),
    api("PATCH", IDLE + "/services/web", 403, deployer=404, admin=404, body={"replicas": 2}),  # another service
    api("GET", "/teams/{team}/policy"),
    api("PUT", "/teams/{team}/policy", 403, admin=200, body={"options": {"privileged": True}}),
    Row("POST", "/api/v1/agent/enrol", 422, 422, 422, 422, 422, body={}),
    Row("GET", "/api/v1/agent/contexts/{api_context}.tar", 401, 401, 401, 401, 401),
]
