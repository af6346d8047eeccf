"""Who may ask for what of Azure: members see, admins of the team make and remove."""

from django.utils import timezone

from hosts.models import AzureBatch, AzureMachine, AzureOrphan, AzureSubscription
from hosts.models.azure import BatchState

from . import Row, World, api, page

_ID = "6f1c1c1e-0000-4000-8000-0000000000aa"
NAMES = {"azure_subscription": _ID, "azure_idle": _ID, "azure_batch": _ID, "azure_planned": _ID, "azure_old": _ID}
NAMES |= {"azure_import": _ID, "azure_orphan": "7"}
GUID = "00000000-0000-4000-8000-00000000000{}"


def prepare(world: World) -> dict[str, str]:
    """Two subscriptions, one of them without machines; batches that can be looked at, deployed and deleted."""
    used, idle = (
        AzureSubscription.objects.create(team=world.team, subscription_id=GUID.format(n), kind="cli") for n in (1, 2)
    )
    made = {
        state: AzureBatch.objects.create(
            team=world.team, subscription=used, name=name, region="r", image="ubuntu-24.04", size="s", state=state
        )
        for state, name in ((BatchState.READY, "ready"), (BatchState.PLANNED, "planned"), (BatchState.FAILED, "old"))
    }
    AzureMachine.objects.create(batch=made[BatchState.READY], name="ready-1", power="running", seen_at=timezone.now())
    imported = AzureBatch.objects.create(
        team=world.team,
        subscription=used,
        name="was",
        region="r",
        image="",
        size="s",
        state=BatchState.FAILED,
        imported="extension",
        imported_from="theirs",
    )
    orphan = AzureOrphan.objects.create(subscription=used, group="left", found_at=timezone.now())
    return {
        "azure_import": str(imported.pk),
        "azure_orphan": str(orphan.pk),
        "azure_subscription": str(used.pk),
        "azure_idle": str(idle.pk),
        "azure_batch": str(made[BatchState.READY].pk),
        "azure_planned": str(made[BatchState.PLANNED].pk),
        "azure_old": str(made[BatchState.FAILED].pk),
    }


def post(path: str, admin: int, *, stranger: int = 404) -> Row:
    return Row("POST", path, anonymous=302, viewer=403, deployer=403, admin=admin, stranger=stranger)


BATCH = "/azure/machines/{azure_batch}/"
WISH = {"subscription": "{azure_subscription}", "name": "web", "region": "westeurope"}

AWAY = (409, 503)  # nobody is signed in to Azure on this machine
PLAN = {"publisher": "harbour-co", "offer": "site", "plan": "one"}
TERMS = "/azure/subscriptions/{azure_subscription}/terms"
QUERY = "?publisher=harbour-co&offer=site&plan=one"

ROWS = [
    page(f"/azure/terms/{QUERY}&subscription={{azure_subscription}}", 403, admin=AWAY),
    Row("POST", "/azure/terms/", 302, 403, 403, 422, 422, body=PLAN),
    api("GET", f"{TERMS}{QUERY}", 403, admin=AWAY),
    api("POST", TERMS, 403, admin=AWAY, body=PLAN),
    page("/azure/", stranger=200),
    page("/azure/rows/", stranger=200),
    page("/azure/subscriptions/add/", 403, admin=200, stranger=200),
    post("/azure/subscriptions/add/", 422, stranger=422),
    post("/azure/subscriptions/{azure_subscription}/check/", 302),
    post("/azure/subscriptions/{azure_idle}/forget/", 302),
    page("/azure/machines/new/", 403, admin=200, stranger=200),
    post("/azure/machines/new/", 422, stranger=422),
    page("/azure/machines/", stranger=200),
    page("/azure/machines/rows/", stranger=200),
    page("/azure/machines/estimate/", 403, admin=200, stranger=200),
    page("/azure/subscriptions/{azure_subscription}/import/", 403, admin=200),
    post("/azure/subscriptions/{azure_subscription}/import/", 422),
    post("/azure/machines/{azure_import}/again/", 302),
    post("/azure/orphans/{azure_orphan}/delete/", 503),
    page(BATCH),
    page(f"{BATCH}rows/"),
    post("/azure/machines/{azure_planned}/deploy/", 302),
    post("/azure/machines/{azure_old}/delete/", 302),
    post(f"{BATCH}ready-1/fly/", 422),
    page(f"{BATCH}m/ready-1/"),
    page(f"{BATCH}m/ready-1/rows/"),
    page(f"{BATCH}m/ready-1/size/", 403, admin=200),
    post(f"{BATCH}m/ready-1/size/", 422),
    page(f"{BATCH}m/ready-1/console/", 403, admin=200),
    post(f"{BATCH}m/ready-1/accept/", 302),
    api("GET", "/azure/subscriptions", stranger=200),
    api("POST", "/azure/subscriptions", 403, admin=422, body={"team": "{team}", "subscription_id": "x"}),
    api("DELETE", "/azure/subscriptions/{azure_idle}", 403, admin=204),
    api("GET", "/azure/machines", stranger=200),
    api("POST", "/azure/machines", 403, admin=202, body=WISH),
    api("GET", "/azure/machines/{azure_batch}"),
    api("POST", "/azure/machines/{azure_planned}/deploy", 403, admin=202),
    api("DELETE", "/azure/machines/{azure_old}", 403, admin=202),
    api("POST", "/azure/machines/{azure_batch}/machines/ready-1/fly", 403, admin=422),
    api("POST", "/azure/machines/{azure_batch}/machines/ready-1/resize", 403, admin=422, body={"size": "big one"}),
]
