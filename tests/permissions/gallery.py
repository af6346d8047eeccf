"""Who may ask for what of the gallery: everybody who is signed in, since it shows what is public; a team's accounts at
registries and its templates are seen by its members, changed by its admins and its deployers.

Outside sources are closed in tests: what needs Docker Hub is away (503), what has a stand-in of its own answers.
"""

from django.utils import timezone

from gallery.models import (
    BasketItem,
    Collection,
    Favourite,
    MarketplaceOffer,
    MarketplacePublisher,
    RegistryAccount,
    TeamTemplate,
    TemplateList,
)
from gallery.selectors.registries import PURPOSE
from portal.people.secrets import seal

from . import Row, World, api, page

REPOSITORY = "/gallery/hub/library/nginx/"
API_REPOSITORY = "/gallery/repositories/hub/library/nginx"

NAMES = {
    "account": "00000000-0000-0000-0000-000000000000",
    "template": "harbour--site",
    "basket_item": "1",
    "collection": "00000000-0000-0000-0000-000000000001",
    "item": "999999",
    "star": "999999",
    "list": "00000000-0000-0000-0000-000000000001",
}
LIST_URL = "https://127.0.0.1:10/templates.json"  # a private address, which is not called
COMPOSE = "services: {web: {image: nginx}}"


def prepare(world: World) -> dict[str, str]:
    """An account of the team at a registry that does not answer; an offer of the Marketplace."""
    account = RegistryAccount.objects.create(
        team=world.team, host="127.0.0.1:10", username="robot", sealed=seal(b"secret", purpose=PURPOSE)
    )
    TeamTemplate.objects.create(team=world.team, slug=NAMES["template"], title="Site", compose=COMPOSE)
    publisher = MarketplacePublisher.objects.create(name="harbour-co", listed_at=timezone.now())
    MarketplaceOffer.objects.create(publisher=publisher, name="site", words="harbour-co site")
    basket_item = BasketItem.objects.create(user=world.people["deployer"], kind="template", reference="hello")
    collection = Collection.objects.create(team=world.team, name="Our images")
    item = collection.items.create(source="hub", path="library/nginx")
    star = Favourite.objects.create(team=world.team, source="hub", path="library/nginx")
    listed = TemplateList.objects.create(team=world.team, key="acme", title="Acme", url=LIST_URL, pending=[])
    return {
        "account": str(account.pk),
        "template": NAMES["template"],
        "basket_item": str(basket_item.pk),
        "collection": str(collection.pk),
        "item": str(item.pk),
        "star": str(star.pk),
        "list": str(listed.pk),
    }


ACCOUNT = "/team/{team}/registries/{account}/"
TEAM_TEMPLATE = "/team/{team}/templates/{template}/"
TEMPLATE = {"title": "Site", "compose": COMPOSE}
LIST = "/team/{team}/lists/{list}/"
NEW = {"host": "127.0.0.1:10", "username": "other", "secret": "s3cret"}

COLLECTION = "/team/{team}/gallery/collections/{collection}/"
API_COLLECTION = "/gallery/collections/{collection}"

ROWS = [
    page("/gallery/", stranger=200),
    page("/gallery/templates/hello/", stranger=200),
    page("/team/{team}/lists/"),
    Row("POST", "/team/{team}/lists/", 302, 403, 403, 422, 404, body={"title": "New", "url": LIST_URL}),
    page(LIST),
    Row("POST", f"{LIST}refresh/", 302, 403, 403, 302, 404),
    Row("POST", f"{LIST}take/", 302, 403, 403, 302, 404),
    Row("POST", f"{LIST}remove/", 302, 403, 403, 302, 404),
    api("GET", "/gallery/template-lists", stranger=200),
    api("POST", "/gallery/template-lists", 403, admin=422, stranger=422, body={"title": "New", "url": LIST_URL}),
    api("GET", "/gallery/template-lists/{list}"),
    api("POST", "/gallery/template-lists/{list}/refresh", 403, admin=422),
    api("POST", "/gallery/template-lists/{list}/take-over", 403, admin=200),
    api("POST", "/gallery/template-lists/{list}/leave", 403, admin=200),
    api("DELETE", "/gallery/template-lists/{list}", 403, admin=204),
    page("/gallery/basket/", stranger=200),
    Row("POST", "/gallery/basket/add/", 302, 302, 302, 302, 302, body={"template": "hello"}),
    Row("POST", "/gallery/basket/clear/", 302, 302, 302, 302, 302),
    Row("POST", "/gallery/basket/{basket_item}/remove/", 302, 302, 302, 302, 302),
    api("GET", "/gallery/basket", stranger=200),
    api("POST", "/gallery/basket", 201, stranger=201, body={"template": "hello"}),
    api("DELETE", "/gallery/basket", 204, stranger=204),
    api("DELETE", "/gallery/basket/{basket_item}", 404, deployer=204, admin=404),
    page("/gallery/templates/{template}/"),
    page("/team/{team}/templates/"),
    page("/team/{team}/templates/new/", 403, deployer=200, admin=200),
    Row("POST", "/team/{team}/templates/new/", 302, 403, 302, 302, 404, body=TEMPLATE),
    page(TEAM_TEMPLATE, 403, deployer=200, admin=200),
    Row("POST", TEAM_TEMPLATE, 302, 403, 302, 302, 404, body=TEMPLATE),
    Row("POST", f"{TEAM_TEMPLATE}remove/", 302, 403, 302, 302, 404),
    api("POST", "/gallery/templates", 403, deployer=201, admin=201, stranger=201, body=TEMPLATE),
    api("PATCH", "/gallery/templates/{template}", 403, deployer=200, admin=200, body={"title": "Other"}),
    api("DELETE", "/gallery/templates/{template}", 403, deployer=204, admin=204),
    page(REPOSITORY, stranger=200),
    page(f"{REPOSITORY}tags/", stranger=200),
    page(f"{REPOSITORY}logo/", stranger=200),
    page(f"{REPOSITORY}image/1/", stranger=200),
    Row("POST", "/gallery/again/hub/", 302, 302, 302, 302, 302),
    page("/gallery/azure/harbour-co/site/", stranger=200),
    api("GET", "/gallery/marketplace", stranger=200),
    api("GET", "/gallery/search", stranger=200),
    api("GET", "/gallery/templates", stranger=200),
    api("GET", "/gallery/templates/hello", stranger=200),
    api("GET", API_REPOSITORY, 503, stranger=503),
    api("GET", f"{API_REPOSITORY}/tags", 503, stranger=503),
    page("/team/{team}/registries/"),
    Row("POST", "/team/{team}/registries/", 302, 403, 403, 302, 404, body=NEW),
    page(ACCOUNT, 403, admin=200),
    Row("POST", ACCOUNT, 302, 403, 403, 302, 404, body={"username": "robot", "secret": "other"}),
    Row("POST", f"{ACCOUNT}try/", 302, 403, 403, 302, 404),
    Row("POST", f"{ACCOUNT}remove/", 302, 403, 403, 302, 404),
    api("GET", "/registries", stranger=200),
    api("POST", "/registries", 403, admin=201, stranger=201, body=NEW),
    api("GET", "/registries/{account}"),
    api("PATCH", "/registries/{account}", 403, admin=200, body={"secret": "other"}),
    api("POST", "/registries/{account}/try", 403, admin=200),
    api("DELETE", "/registries/{account}", 403, admin=204),
    page("/team/{team}/gallery/"),
    Row("POST", "/team/{team}/gallery/", 302, 403, 302, 302, 404, body={"name": "Databases"}),
    Row("POST", "/team/{team}/gallery/star/", 302, 403, 302, 302, 404, body={"item": "redis", "on": "1"}),
    page(COLLECTION, 403, deployer=200, admin=200),
    Row("POST", COLLECTION, 302, 403, 302, 302, 404, body={"name": "Databases"}),
    Row("POST", f"{COLLECTION}items/", 302, 403, 302, 302, 404, body={"item": "redis"}),
    Row("POST", COLLECTION + "items/{item}/", 302, 403, 302, 302, 404, body={"act": "up"}),
    Row("POST", f"{COLLECTION}act/", 302, 403, 302, 302, 404, body={"act": "remove"}),
    api("GET", "/gallery/favourites", stranger=200),
    api("POST", "/gallery/favourites", 403, deployer=201, admin=201, stranger=201, body={"item": "redis"}),
    api("DELETE", "/gallery/favourites/{star}", 403, deployer=204, admin=204),
    api("GET", "/gallery/collections", stranger=200),
    api("POST", "/gallery/collections", 403, deployer=201, admin=201, stranger=201, body={"name": "Databases"}),
    api("GET", API_COLLECTION),
    api("PATCH", API_COLLECTION, 403, deployer=200, admin=200, body={"items": [{"item": "redis"}]}),
    api("DELETE", API_COLLECTION, 403, deployer=204, admin=204),
]
