"""Addresses of the pages about Docker clients, included by hosts.urls."""

from django.urls import path

from hosts.views import docker

urlpatterns = [
    path("hosts/<uuid:host_id>/docker/", docker.host_docker, name="docker"),
    path("account/docker/", docker.docker_certificates, name="docker-certificates"),
    path("account/docker/<uuid:certificate_id>/revoke/", docker.docker_certificate_end, name="docker-certificate-end"),
]
