"""Who may keep applications current, and tell other systems."""

from hosts.models import Webhook
from hosts.services.applications import application_create
from hosts.services.hooks import hook_make
from hosts.services.webhook_deliveries import PURPOSE, delivery_make
from portal.people.access import portal_actor
from portal.people.secrets import seal

from . import Row, World, api, page

ZERO = "00000000-0000-0000-0000-000000000000"
NAMES = {"keep_webhook": ZERO, "keep_delivery": ZERO, "keep_application": ZERO, "keep_hook": ZERO}
CLOSED = "http://127.0.0.1:9/"


def prepare(world: World) -> dict[str, str]:
    """A webhook with a delivery that waits, and an application that was never deployed."""
    secret = seal(b"secret", purpose=PURPOSE)
    webhook = Webhook.objects.create(team=world.team, url=CLOSED, events=["host.offline"], secret=secret)
    delivery = delivery_make(webhook=webhook, event="host.offline", text="It is offline.", data={})
    application, _revision = application_create(
        team=world.team, name="kept", actor=portal_actor(), service={"image": "nginx:1"}
    )
    hook, _secret = hook_make(application=application, actor=portal_actor())
    return {
        "keep_hook": str(hook.pk),
        "keep_webhook": str(webhook.pk),
        "keep_delivery": str(delivery.pk),
        "keep_application": str(application.pk),
    }


WEBHOOK = "/webhooks/{keep_webhook}"
APPLICATION = "/applications/{keep_application}"
HOOK = f"{APPLICATION}/hook"
GIT_NEW = {"team": "{team}", "name": "gitted", "url": "ssh://x/y"}
PAGE = f"/team/{{team}}{WEBHOOK}/"
AGAIN = f"{WEBHOOK}/deliveries/{{keep_delivery}}/again"


def post(path: str, deployer: int, admin: int, **more: object) -> Row:
    """A POST that changes something: never a viewer's."""
    return Row("POST", path, 302, 403, deployer, admin, 404, **more)  # type: ignore[arg-type]


ROWS = [
    api("GET", "/webhooks", stranger=200),
    api("POST", "/webhooks", 403, admin=422, stranger=404, body={"team": "{team}", "url": "x", "events": []}),
    api("GET", WEBHOOK, 403, admin=200),
    api("PATCH", WEBHOOK, 403, admin=200, body={"paused": True}),
    api("DELETE", WEBHOOK, 403, admin=204),
    api("POST", f"{WEBHOOK}/secret", 403, admin=200),
    api("POST", f"{WEBHOOK}/test", 403, admin=200),
    api("GET", f"{WEBHOOK}/deliveries", 403, admin=200),
    api("POST", AGAIN, 403, admin=409),  # it waits to be sent already
    page("/team/{team}/webhooks/", 403, admin=200),
    post("/team/{team}/webhooks/", 403, 422),
    page(PAGE, 403, admin=200),
    post(PAGE, 403, 422),
    post(f"{PAGE}act/", 403, 302, body={"act": "pause"}),
    api("GET", f"{APPLICATION}/drift"),
    api("POST", f"{APPLICATION}/repair", 403, deployer=409, admin=409),
    post(f"{APPLICATION}/repair/", 409, 409),
    api("GET", f"{APPLICATION}/updates"),
    api("POST", f"{APPLICATION}/updates", 403, deployer=409, admin=409, body={}),  # nothing is new
    api("GET", f"{APPLICATION}/updates/history"),
    api("GET", f"{APPLICATION}/update-policies"),
    api("PUT", f"{APPLICATION}/update-policies/app", 403, deployer=204, admin=204, body={"mode": "notify"}),
    api("DELETE", f"{APPLICATION}/update-policies/app", 403, deployer=204, admin=204),
    api("GET", f"{APPLICATION}/update-windows"),
    api("PUT", f"{APPLICATION}/update-windows", 403, deployer=200, admin=200, body={"windows": []}),
    api("GET", "/teams/{team}/update-windows"),
    api("PUT", "/teams/{team}/update-windows", 403, admin=200, body={"windows": []}),
    page(f"{APPLICATION}/updates/"),
    page(f"{APPLICATION}/updates/content/"),
    post(f"{APPLICATION}/updates/act/", 302, 302, body={"act": "policies"}),
    page("/applications/new/git/", 403, deployer=200, admin=200, stranger=200),
    Row("POST", "/applications/new/git/", anonymous=302, viewer=403, deployer=422, admin=422, stranger=422),
    page(f"{APPLICATION}/git/", 403, deployer=200, admin=200),
    post(f"{APPLICATION}/git/", 422, 422),
    post(f"{APPLICATION}/git/act/", 404, 404, body={"act": "look"}),  # it follows none
    api("POST", "/applications/from-git", 403, deployer=422, admin=422, stranger=404, body=GIT_NEW),
    api("GET", f"{APPLICATION}/git", 404, deployer=404, admin=404),  # it follows none
    api("PUT", f"{APPLICATION}/git", 403, deployer=422, admin=422, body={"url": "x"}),
    api("DELETE", f"{APPLICATION}/git", 403, deployer=404, admin=404),
    api("POST", f"{APPLICATION}/git/look", 403, deployer=404, admin=404),
    api("GET", HOOK, 403, deployer=200, admin=200),
    api("POST", HOOK, 403, deployer=409, admin=409),  # there is one
    api("DELETE", HOOK, 403, deployer=204, admin=204),
    api("POST", f"{HOOK}/secret", 403, deployer=200, admin=200),
    api("GET", f"{HOOK}/calls", 403, deployer=200, admin=200),
    api("POST", "/hooks/{keep_hook}", 404, anonymous=404, deployer=404, admin=404, stranger=404),  # no secret
    api("POST", "/hooks/{keep_hook}/wrong", 404, anonymous=404, deployer=404, admin=404, stranger=404),
    page(f"{HOOK}/", 403, deployer=200, admin=200),
    page(f"{HOOK}/calls/", 403, deployer=200, admin=200),
    post(f"{HOOK}/act/", 302, 302, body={"act": "secret"}),
]
