"""Addresses of the hosts pages. A `-fragment` renders the inside of a live part of the page named before it."""

from django.urls import include, path

from hosts.views import (
    agent_package,
    agent_updates,
    applications,
    containers,
    deploy,
    deployments,
    enrolments,
    host,
    host_contents,
    hosts,
)

app_name = "hosts"

HOST = "hosts/<uuid:host_id>/"
CONTAINER = f"{HOST}containers/<str:cid>/"
APPLICATION = "applications/<uuid:application_id>/"
DEPLOYMENT = "deployments/<uuid:deployment_id>/"

urlpatterns = [
    path("", include("hosts.container_urls")),
    path("", include("hosts.azure_urls")),
    path("agent/", agent_package.agent_page, name="agent"),
    path("agent/update-hosts/", agent_updates.agents_update_all, name="update-agents"),
    path(f"{HOST}update-agent/", agent_updates.host_update_agent, name="update-agent"),
    path("agent/engine-agent.zip", agent_package.agent_package, name="agent-package"),
    path("agent/install.sh", agent_package.agent_script, {"kind": "sh"}, name="agent-install-sh"),
    path("agent/install.ps1", agent_package.agent_script, {"kind": "ps1"}, name="agent-install-ps1"),
    path("agent/requirements.txt", agent_package.agent_requirements, name="agent-requirements"),
    path("agent/ca.pem", agent_package.agent_authority, name="agent-authority"),
    path("agent/files/", agent_package.agent_files, name="agent-files"),
    path("agent/files/<str:name>", agent_package.agent_file, name="agent-file"),
    path("agent/simple/", agent_package.agent_index, name="agent-index"),
    path("agent/simple/<str:project>/", agent_package.agent_project, name="agent-project"),
    path("hosts/", hosts.host_table, name="list"),
    path("hosts/rows/", hosts.host_rows, name="list-fragment"),
    path("", include("hosts.fleet_urls")),
    path("", include("hosts.rollout_urls")),
    path("", include("hosts.cluster_urls")),
    path("", include("hosts.docker_urls")),
    path("", include("hosts.update_urls")),
    path("", include("hosts.editor_urls")),
    path("hosts/add/", enrolments.host_add, name="add"),
    path("hosts/add/<uuid:enrolment_id>/", enrolments.enrolment_page, name="enrolment"),
    path("hosts/add/<uuid:enrolment_id>/status/", enrolments.enrolment_status, name="enrolment-fragment"),
    path("hosts/add/<uuid:enrolment_id>/revoke/", enrolments.enrolment_close, name="enrolment-revoke"),
    path(HOST, host.host_detail, name="detail"),
    path(f"{HOST}head/", host.host_head, name="head-fragment"),
    path(f"{HOST}overview/", host.host_overview, name="overview-fragment"),
    path(f"{HOST}edit/", host.host_edit, name="edit"),
    path(f"{HOST}revoke/", host.host_shut_out, name="revoke"),
    path(f"{HOST}remove/", host.host_forget, name="remove"),
    path(f"{HOST}containers/", host_contents.host_containers, name="containers"),
    path(f"{HOST}containers-rows/", host_contents.host_container_rows, name="containers-fragment"),
    path(f"{HOST}images/", host_contents.host_images, name="images"),
    path(f"{HOST}images/rows/", host_contents.host_image_rows, name="images-fragment"),
    path(f"{HOST}networks/", host_contents.host_networks, name="networks"),
    path(f"{HOST}networks/rows/", host_contents.host_network_rows, name="networks-fragment"),
    path(f"{HOST}volumes/", host_contents.host_volumes, name="volumes"),
    path(f"{HOST}volumes/rows/", host_contents.host_volume_rows, name="volumes-fragment"),
    path(CONTAINER, containers.container_detail, name="container"),
    path(f"{CONTAINER}facts/", containers.container_facts, name="container-fragment"),
    path(f"{CONTAINER}log/", containers.container_log, name="container-log"),
    path(f"{CONTAINER}<str:action>/", containers.container_action, name="container-action"),
    path("deploy/", deploy.deploy_page, name="deploy"),
    path("deploy/plan/", deploy.deploy_plan, name="deploy-plan"),
    path("applications/", applications.application_table, name="applications"),
    path("applications/rows/", applications.application_rows, name="applications-fragment"),
    path(APPLICATION, applications.application_detail, name="application"),
    path(f"{APPLICATION}content/", applications.application_content, name="application-fragment"),
    path(f"{APPLICATION}revisions/<int:number>/", applications.revision_detail, name="revision"),
    path(f"{APPLICATION}deploy/", applications.application_deploy, name="application-deploy"),
    path(f"{APPLICATION}rollback/", applications.application_back, name="application-rollback"),
    path(f"{APPLICATION}remove/", applications.application_delete, name="application-remove"),
    path(DEPLOYMENT, deployments.deployment_detail, name="deployment"),
    path(f"{DEPLOYMENT}timeline/", deployments.deployment_timeline, name="deployment-fragment"),
    path(f"{DEPLOYMENT}cancel/", deployments.deployment_stop, name="deployment-cancel"),
]
