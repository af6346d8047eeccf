"""Addresses of the gallery's pages. A namespace may have several parts, so the longer addresses come first."""

from django.urls import path

from .views import home, repositories, tags, templates

app_name = "gallery"

REPOSITORY = "gallery/<str:source>/<path:namespace>/<str:name>/"

urlpatterns = [
    path("gallery/", home.gallery_home, name="home"),
    path("gallery/again/<str:source>/", home.source_again, name="again"),
    path("gallery/templates/<slug:slug>/", templates.template_page, name="template"),
    path("gallery/hub/<str:namespace>/<str:name>/logo/", repositories.repository_logo, name="logo"),
    path(f"{REPOSITORY}tags/", tags.tags_page, name="tags"),
    path(REPOSITORY, repositories.repository_page, name="repository"),
]
