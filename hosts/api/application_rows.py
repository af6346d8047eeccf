"""From applications and deployments to what the API gives."""

from dataclasses import asdict

from hosts.api import application_schemas as out
from hosts.models import Application, Deployment, Revision
from hosts.models.deployments import DeploymentState, StepState
from hosts.selectors.applications import ApplicationStatus, revision_list
from hosts.selectors.deployments import StepNode, TargetView, deployment_view
from hosts.selectors.hosts import age_seconds
from portal.people.access import Actor, Permission

MASK = "••••••"


def application_out(row: Application, status: ApplicationStatus) -> out.ApplicationOut:
    return out.ApplicationOut(
        id=row.pk,
        name=row.name,
        team=row.team.slug,
        state=status.state,
        sentence=status.sentence,
        services=[
            out.ServiceOut(
                name=one.name,
                image=one.image,
                wanted=one.wanted,
                running=one.running,
                healthy=one.healthy,
                state=one.state,
                hosts=list(one.hosts),
                containers=[
                    out.RunningOut(
                        id=container.cid,
                        name=container.name,
                        host=container.host_id,
                        host_name=container.host.name,
                        state=container.state,
                        health=container.health,
                    )
                    for container in one.containers
                ],
            )
            for one in status.services
        ],
        hosts=list(status.hosts),
        since=status.since,
        observed_at=status.observed_at,
        age_seconds=age_seconds(status.observed_at),
        deployed_revision=status.deployed.number if status.deployed else None,
        last_deployment=status.last_deployment.pk if status.last_deployment else None,
        created_by=row.created_by.label if row.created_by else "",
        created_at=row.created_at,
    )


def application_full(row: Application, status: ApplicationStatus, actor: Actor) -> out.ApplicationFull:
    open_values = actor.can(Permission.DEPLOY, row.team_id)
    revisions = [revision_out(one, open_values=open_values) for one in revision_list(application=row)]
    return out.ApplicationFull(
        **application_out(row, status).dict(), revision=revisions[0] if revisions else None, revisions=revisions
    )


def revision_out(row: Revision, *, open_values: bool) -> out.RevisionOut:
    return out.RevisionOut(
        id=row.pk,
        number=row.number,
        compose=row.compose,
        values=row.values if open_values else dict.fromkeys(row.values, MASK),
        targets=row.targets,
        template=row.template,
        scale=row.scale,
        pins=row.pins,
        created_by=row.created_by.label if row.created_by else "",
        created_at=row.created_at,
    )


def deployment_out(row: Deployment) -> out.DeploymentOut:
    return out.DeploymentOut(
        id=row.pk,
        application=row.application_id,
        application_name=row.application.name,
        revision=row.revision.number,
        state=DeploymentState(row.state),
        plan_digest=row.plan_digest,
        started_by=row.started_by.label if row.started_by else "",
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        error=row.error,
        log_tail=row.log_tail,
        paused=row.paused,
    )


def deployment_full(row: Deployment) -> out.DeploymentFull:
    view = deployment_view(deployment=row)
    hosts = [_target(target) for target in view.targets]
    return out.DeploymentFull(
        **deployment_out(row).dict(),
        rollout=out.RolloutOut(**asdict(view.rollout)),
        hosts=hosts,
        steps=[step for target in hosts for step in target.steps],
        events=[
            out.EventOut(at=event.at, host=event.host.name if event.host else None, level=event.level, text=event.text)
            for event in view.events
        ],
        plan=row.plan,
        next=view.next,
    )


def _target(view: TargetView) -> out.TargetOut:
    target = view.target
    return out.TargetOut(
        host=target.host_id,
        host_name=target.host.name,
        state=DeploymentState(target.state),
        command=target.command_id,
        error=target.error,
        log_tail=target.log_tail,
        waiting=view.waiting,
        steps=[_step(node) for node in view.steps],
    )


def _step(node: StepNode) -> out.StepOut:
    step = node.step
    return out.StepOut(
        key=step.key,
        title=step.title,
        state=StepState(step.state),
        detail=step.detail,
        current=step.current,
        total=step.total,
        percent=node.percent,
        started_at=step.started_at,
        finished_at=step.finished_at,
        steps=[_step(child) for child in node.children],
    )
