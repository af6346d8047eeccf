"""Addresses of steering a rollout and of scaling a service."""

from django.urls import path

from hosts.views import rollouts

urlpatterns = [
    path("deployments/<uuid:deployment_id>/pause/", rollouts.deployment_pause, name="deployment-pause"),
    path("deployments/<uuid:deployment_id>/continue/", rollouts.deployment_continue, name="deployment-continue"),
    path("applications/<uuid:application_id>/scale/", rollouts.application_scale, name="application-scale"),
]
