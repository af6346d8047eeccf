"""Hosts, what they hold, commands, applications and deployments over HTTP."""

from ninja import Router

from .agent import router as agent_router
from .agent_updates import router as agent_updates_router
from .applications import router as applications_router
from .azure import router as azure_router
from .azure_machines import router as azure_machines_router
from .azure_terms import router as azure_terms_router
from .clusters import router as clusters_router
from .commands import router as commands_router
from .compose import router as compose_router
from .containers import router as containers_router
from .deployments import router as deployments_router
from .docker import router as docker_router
from .drift import router as drift_router
from .enrolments import router as enrolments_router
from .exports import router as exports_router
from .git_sources import router as git_sources_router
from .hooks import router as hooks_router
from .hosts import router as hosts_router
from .housekeeping import router as housekeeping_router
from .image_updates import router as image_updates_router
from .mirror import router as mirror_router
from .policies import router as policies_router
from .solutions import router as solutions_router
from .standing import router as standing_router
from .updates import router as updates_router
from .volumes import router as volumes_router
from .webhooks import router as webhooks_router

router = Router()
router.add_router("", enrolments_router, tags=["Hosts"])
router.add_router("", hosts_router, tags=["Hosts"])
router.add_router("", exports_router, tags=["Hosts"])
router.add_router("", mirror_router, tags=["Hosts"])
router.add_router("", standing_router, tags=["Hosts"])
router.add_router("", housekeeping_router, tags=["Hosts"])
router.add_router("", volumes_router, tags=["Volumes"])
router.add_router("", docker_router, tags=["Docker"])
router.add_router("", containers_router, tags=["Containers"])
router.add_router("", commands_router, tags=["Commands"])
router.add_router("", applications_router, tags=["Applications"])
router.add_router("", compose_router, tags=["Applications"])
router.add_router("", deployments_router, tags=["Applications"])
router.add_router("", updates_router, tags=["Applications"])
router.add_router("", image_updates_router, tags=["Applications"])
router.add_router("", drift_router, tags=["Applications"])
router.add_router("", git_sources_router, tags=["Applications"])
router.add_router("", webhooks_router, tags=["Webhooks"])
router.add_router("", hooks_router, tags=["Webhooks"])
router.add_router("", clusters_router, tags=["Clusters"])
router.add_router("", azure_router, tags=["Azure"])
router.add_router("", azure_machines_router, tags=["Azure"])
router.add_router("", azure_terms_router, tags=["Azure"])
router.add_router("", solutions_router, tags=["Azure"])
router.add_router("", agent_router, tags=["Agents"])
router.add_router("", agent_updates_router, tags=["Hosts"])
router.add_router("", policies_router, tags=["People"])
