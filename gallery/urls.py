"""Addresses of the gallery's pages. A namespace may have several parts, so the longer addresses come first."""

from django.urls import path, re_path

from .views import (
    basket,
    collections,
    favourites,
    home,
    images,
    marketplace,
    registries,
    repositories,
    solutions,
    tags,
    team_templates,
    template_lists,
    templates,
)

app_name = "gallery"

REPOSITORY = "gallery/<str:source>/<path:namespace>/<str:name>/"

COLLECTION = "team/<slug:slug>/gallery/collections/<uuid:collection_id>/"

urlpatterns = [
    path("gallery/", home.gallery_home, name="home"),
    path("gallery/again/<str:source>/", home.source_again, name="again"),
    path("gallery/basket/", basket.basket_page, name="basket"),
    path("gallery/basket/add/", basket.basket_add, name="basket-add"),
    path("gallery/basket/clear/", basket.basket_clear, name="basket-clear"),
    path("gallery/basket/<int:item_id>/remove/", basket.basket_take_out, name="basket-take-out"),
    path("gallery/templates/<slug:slug>/", templates.template_page, name="template"),
    path("gallery/azure/<str:publisher>/<str:offer>/", marketplace.offer_page, name="marketplace"),
    path("gallery/solutions/", solutions.solutions_page, name="solutions"),
    path("gallery/solutions/<slug:slug>/", solutions.solution_page, name="solution"),
    path("gallery/hub/<str:namespace>/<str:name>/logo/", repositories.repository_logo, name="logo"),
    path("team/<slug:slug>/templates/", team_templates.team_templates, name="team-templates"),
    path("team/<slug:slug>/lists/", template_lists.lists_page, name="template-lists"),
    path("team/<slug:slug>/lists/<uuid:list_id>/", template_lists.list_page, name="template-list"),
    re_path(
        r"^team/(?P<slug>[-\w]+)/lists/(?P<list_id>[0-9a-f-]{36})/(?P<act>refresh|take|leave|remove)/$",
        template_lists.list_act,
        name="template-list-act",
    ),
    path("team/<slug:slug>/templates/new/", team_templates.template_new, name="template-new"),
    path("team/<slug:slug>/templates/<slug:template>/", team_templates.template_edit, name="template-edit"),
    path("team/<slug:slug>/templates/<slug:template>/remove/", team_templates.template_delete, name="template-remove"),
    path("team/<slug:slug>/registries/", registries.registries_page, name="registries"),
    path("team/<slug:slug>/registries/<uuid:account_id>/", registries.registry_change, name="registry-change"),
    path("team/<slug:slug>/registries/<uuid:account_id>/try/", registries.registry_try, name="registry-try"),
    path("team/<slug:slug>/registries/<uuid:account_id>/remove/", registries.registry_remove, name="registry-remove"),
    path("team/<slug:slug>/gallery/", collections.team_gallery, name="team"),
    path("team/<slug:slug>/gallery/star/", favourites.star, name="star"),
    path(COLLECTION, collections.collection_page, name="collection"),
    path(f"{COLLECTION}items/", collections.collection_put, name="collection-put"),
    path(f"{COLLECTION}items/<int:item>/", collections.item_act, name="item-act"),
    path(f"{COLLECTION}act/", collections.collection_act, name="collection-act"),
    path(f"{REPOSITORY}image/<str:tag>/", images.image_page, name="image"),
    path(f"{REPOSITORY}tags/", tags.tags_page, name="tags"),
    path(REPOSITORY, repositories.repository_page, name="repository"),
]
