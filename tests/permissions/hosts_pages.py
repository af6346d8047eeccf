"""The pages of hosts, applications and deployments."""

from datetime import timedelta

from django.utils import timezone

from engine_agent.protocol.bodies import ContainerAction
from hosts.models import Application, Enrolment, Image, Revision
from hosts.services.commands import command_create
from portal.people.access import portal_actor
from tests.hosts.pages.conftest import CID, COMPOSE, make_container, make_deployment
from tests.people import make_host

from . import Row, World, page

IMAGE = "sha256:" + "a" * 64
ZERO = "00000000-0000-0000-0000-000000000000"
NAMES = {
    "page_host": ZERO,
    "page_cid": CID,
    "page_application": ZERO,
    "page_deployment": ZERO,
    "page_enrolment": ZERO,
    "page_command": ZERO,
    "page_other_command": ZERO,
}


def prepare(world: World) -> dict[str, str]:
    """A host with a container of an application, its deployment, and an enrolment: all of world.team."""
    host = make_host(world.team, "page-host", os="linux", architecture="amd64")
    make_container(host, "paged-app-1", cid=CID, project="paged", service="app")
    Image.objects.create(host=host, image_id=IMAGE, tags=["app:1"], observed_at=timezone.now())
    application = Application.objects.create(team=world.team, name="paged")
    Revision.objects.create(application=application, number=1, compose=COMPOSE, targets={"any": True})
    deployment = make_deployment(application, host, "running")
    later = timezone.now() + timedelta(hours=1)
    enrolment = Enrolment.objects.create(team=world.team, digest="d" * 64, expires_at=later)
    first, second = (
        command_create(host=host, body=ContainerAction(CID, word), summary=word, actor=portal_actor())
        for word in ("stop", "start")
    )
    return {
        "page_command": str(first.pk),
        "page_other_command": str(second.pk),
        "page_host": str(host.pk),
        "page_cid": CID,
        "page_application": str(application.pk),
        "page_deployment": str(deployment.pk),
        "page_enrolment": str(enrolment.pk),
    }


HOST = "/hosts/{page_host}/"
CONTAINER = f"{HOST}containers/{{page_cid}}/"
PUBLISH = f"{HOST}images/{IMAGE}/publish/"
APPLICATION = "/applications/{page_application}/"
DEPLOYMENT = "/deployments/{page_deployment}/"
COMMAND = "/commands/{page_command}/"
ENROLMENT = "/hosts/add/{page_enrolment}/"


def post(path: str, deployer: int, admin: int, *, stranger: int = 404) -> Row:
    """A POST that changes something: never a viewer's."""
    return Row("POST", path, anonymous=302, viewer=403, deployer=deployer, admin=admin, stranger=stranger)


ROWS = [
    Row("GET", "/agent/engine-agent.zip", anonymous=200, viewer=200, deployer=200, admin=200, stranger=200),
    page("/hosts/", stranger=200),
    page("/hosts/rows/", stranger=200),
    page("/hosts/add/", 403, admin=200, stranger=200),
    page("/hosts/export/?host={page_host}", 403, admin=200, stranger=422),
    Row("POST", "/hosts/export/", anonymous=302, viewer=403, deployer=403, admin=422, stranger=422),
    Row("POST", "/hosts/add/", anonymous=302, viewer=403, deployer=403, admin=422, stranger=422),
    page(ENROLMENT, 403, admin=200),
    page(f"{ENROLMENT}status/", 403, admin=200),
    post(f"{ENROLMENT}revoke/", 403, 302),
    page(HOST),
    page(f"{HOST}head/"),
    page(f"{HOST}overview/"),
    page(f"{HOST}edit/", 403, admin=200),
    post(f"{HOST}edit/", 403, 422),
    post(f"{HOST}revoke/", 403, 302),
    post(f"{HOST}remove/", 403, 409),
    page(f"{HOST}containers/"),
    page(f"{HOST}containers-rows/"),
    page(f"{HOST}images/"),
    page(f"{HOST}images/rows/"),
    page(f"{HOST}images/published/"),
    page(PUBLISH, 403, deployer=200, admin=200),
    Row("POST", PUBLISH, 302, 403, 302, 302, 404, body={"reference": "r.test/app:1"}),
    page(f"{HOST}networks/"),
    page(f"{HOST}networks/rows/"),
    page(f"{HOST}volumes/"),
    page(f"{HOST}volumes-rows/"),
    page(f"{HOST}housekeeping/"),
    page(f"{HOST}housekeeping/done/"),
    post(f"{HOST}housekeeping/start/", 422, 422),
    post(f"{HOST}housekeeping/save/", 403, 422),
    page("/hosts/enrolments/", 403, admin=200, stranger=200),
    page("/hosts/enrolments/rows/", 403, admin=200, stranger=200),
    post("/hosts/admission/{team}/?approval=1", 403, 302),
    post(f"{HOST}approve/", 403, 409),  # it does not wait
    post(f"{HOST}refuse/", 403, 409),
    post(f"{HOST}conflict/", 403, 302),
    post(f"{HOST}rotate-key/", 403, 302),
    page("/updates/", stranger=200),
    page("/updates/rows/", stranger=200),
    post("/updates/ask/", 302, 302, stranger=302),
    page("/hosts/queue/", stranger=200),
    page("/hosts/queue/rows/", stranger=200),
    page(f"{HOST}queue/"),
    page(f"{HOST}queue/rows/"),
    post(f"{HOST}queue/cancel/", 302, 302),
    post(f"{COMMAND}cancel/", 302, 302),
    post(f"{COMMAND}expiry/?seconds=600", 302, 302),
    post(f"{COMMAND}move/?behind={{page_other_command}}", 302, 302),
    page(CONTAINER),
    page(f"{CONTAINER}facts/", stranger=200),  # says only that it is gone, as for one that is
    page(f"{CONTAINER}log/", (200, 503)),
    page("/logs/", stranger=200),
    page(f"{CONTAINER}logs/"),
    page(f"{CONTAINER}files/", 403, deployer=503, admin=503),  # no gateway runs in tests
    page(f"{CONTAINER}files/download/", 403, deployer=503, admin=503),
    post(f"{CONTAINER}files/upload/", 422, 422),
    page(f"{HOST}volumes/data/files/", 404),
    page(f"{CONTAINER}stats/"),
    page(f"{HOST}stats/"),
    page(f"{CONTAINER}terminal/", 403, deployer=200, admin=200),
    page(f"{CONTAINER}logs/file/", 503),  # no gateway runs in tests
    post(f"{CONTAINER}stop/", 302, 302),
    page("/team/{team}/policy/"),
    page("/team/{team}/recordings/", 403, admin=200),
    page(f"/team/{{team}}/recordings/{ZERO}/", 404),
    page(f"/team/{{team}}/recordings/{ZERO}/play/", 403, admin=404),
    post("/team/{team}/policy/", 403, 302),
    page("/deploy/", 403, deployer=200, admin=200, stranger=200),
    Row("POST", "/deploy/", anonymous=302, viewer=403, deployer=422, admin=422, stranger=422),
    Row("POST", "/deploy/plan/", anonymous=302, viewer=403, deployer=200, admin=200, stranger=200),
    page("/applications/", stranger=200),
    page("/applications/new/", 403, deployer=200, admin=200, stranger=200),
    Row("POST", "/applications/new/", anonymous=302, viewer=403, deployer=422, admin=422, stranger=422),
    page(f"{APPLICATION}edit/", 403, deployer=200, admin=200),
    post(f"{APPLICATION}edit/", 422, 422),
    post(f"{APPLICATION}secret/?nothing", 422, 422),
    page(f"{APPLICATION}revisions/1/changes/"),
    page(f"{APPLICATION}revisions/1/compose.yaml"),
    Row("POST", "/compose/validate/", anonymous=302, viewer=200, deployer=200, admin=200, stranger=200),
    page("/compose/words/", stranger=200),
    page("/compose/images/?q=", stranger=200),
    page("/applications/rows/", stranger=200),
    page(APPLICATION),
    page(f"{APPLICATION}content/", stranger=200),  # says only that it is gone, as for one that is
    page(f"{APPLICATION}revisions/1/"),
    post(f"{APPLICATION}deploy/", 409, 409),
    post(f"{APPLICATION}rollback/", 404, 404),
    post(f"{APPLICATION}remove/", 409, 409),
    page(DEPLOYMENT),
    page(f"{DEPLOYMENT}timeline/"),
    post(f"{DEPLOYMENT}pause/", 409, 409),
    post(f"{DEPLOYMENT}continue/", 409, 409),
    post(f"{DEPLOYMENT}cancel/", 302, 302),
    post(f"{APPLICATION}scale/?service=app", 422, 422),
]
