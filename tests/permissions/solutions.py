"""Who may ask for what of solutions: everybody reads the gallery, members see, admins of the team make and remove."""

from hosts.models import AzureBatch, AzureSubscription, Solution
from hosts.models.azure import BatchState
from hosts.models.solutions import SolutionState

from . import Row, World, api, page

_ID = "6f1c1c1e-0000-4000-8000-0000000000bb"
NAMES = {"solution_subscription": _ID, "solution": _ID, "solution_planned": _ID, "solution_old": _ID}


def prepare(world: World) -> dict[str, str]:
    """Solutions that can be looked at, deployed and deleted."""
    used = AzureSubscription.objects.create(
        team=world.team, subscription_id="00000000-0000-4000-8000-000000000009", kind="cli"
    )
    states = {
        "solution": (SolutionState.READY, BatchState.READY),
        "solution_planned": (SolutionState.PLANNED, BatchState.PLANNED),
        "solution_old": (SolutionState.FAILED, BatchState.FAILED),
    }
    made = {"solution_subscription": str(used.pk)}
    for key, (state, batch_state) in states.items():
        batch = AzureBatch.objects.create(
            team=world.team,
            subscription=used,
            name=key,
            region="r",
            image="ubuntu-24.04",
            size="s",
            state=batch_state,
        )
        row = Solution.objects.create(team=world.team, template="web-host", name=key, batch=batch, state=state)
        made[key] = str(row.pk)
    return made


def post(path: str, admin: int, *, stranger: int = 404) -> Row:
    return Row("POST", path, anonymous=302, viewer=403, deployer=403, admin=admin, stranger=stranger)


NEW = {"subscription": "{solution_subscription}", "solution": "web-host", "name": "shop", "region": "westeurope"}

ROWS = [
    page("/gallery/solutions/", stranger=200),
    page("/gallery/solutions/swarm/", stranger=200),
    api("GET", "/gallery/solutions", stranger=200),
    api("GET", "/gallery/solutions/swarm", stranger=200),
    page("/azure/solutions/new/web-host/", 403, admin=200, stranger=200),
    post("/azure/solutions/new/web-host/", 422, stranger=422),
    page("/azure/solutions/{solution}/"),
    page("/azure/solutions/{solution}/rows/"),
    post("/azure/solutions/{solution_planned}/deploy/", 302),
    post("/azure/solutions/{solution_old}/delete/", 302),
    page("/azure/solutions/{solution}/export/", 403, admin=200),
    post("/azure/solutions/{solution}/export/", 422),
    api("POST", "/azure/solutions/{solution}/exports", 403, admin=201, body={"name": "again"}),
    api("GET", "/azure/solutions", stranger=200),
    api("POST", "/azure/solutions", 403, admin=202, body=NEW),
    api("GET", "/azure/solutions/{solution}"),
    api("POST", "/azure/solutions/{solution_planned}/deploy", 403, admin=202),
    api("DELETE", "/azure/solutions/{solution_old}", 403, admin=202),
]
