"""Addresses of applications that come from git."""

from django.urls import path

from hosts.views import git_sources

GIT = "applications/<uuid:application_id>/git/"

urlpatterns = [
    path("applications/new/git/", git_sources.application_new_git, name="application-new-git"),
    path(GIT, git_sources.git_page, name="application-git"),
    path(f"{GIT}act/", git_sources.git_act, name="application-git-act"),
]
