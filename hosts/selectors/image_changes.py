"""Images of an application whose tag names something else than what was deployed, and what is to be done about each."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from gallery.models import WatchedTag
from gallery.registry.errors import NotAReference
from gallery.registry.reference import parse_reference
from hosts.models import Application, Container, Deployment, ImageUpdate, Revision, UpdateAct
from hosts.models.deployments import DeploymentState
from hosts.models.update_policies import UpdateMode, UpdateOutcome
from hosts.models.updates import WORTH_SHOWING
from hosts.selectors.application_images import revision_in_use
from hosts.selectors.update_policies import ORDER, ServicePolicy, service_policies, windows_of
from hosts.update_windows import is_open, next_opening
from portal.people.access import Permission, actor_for_user
from portal.people.models import User

BAD_ENDS = {DeploymentState.FAILED, DeploymentState.ROLLED_BACK, DeploymentState.CANCELLED}


@dataclass(frozen=True)
class ImageChange:
    """One image that has become another.

    policies: of the services that run it; the most careful of them counts. state: of LOOKS["update"] in
    portal/templatetags/states.py. detail: why it stands so, a sentence. act: what was done about this digest.
    due: whether its policy wants it carried out now. maker: with whose rights.
    """

    reference: str
    digest: str
    before: str
    policies: tuple[ServicePolicy, ...]
    state: str
    detail: str
    act: UpdateAct | None = None
    due: bool = False
    maker: User | None = None

    @property
    def services(self) -> tuple[str, ...]:
        return tuple(one.service for one in self.policies)


def application_changes(*, application: Application, now: datetime) -> list[ImageChange]:
    """By reference; nothing of an application that was never deployed with success."""
    if not _deployed(application).exists():
        return []
    revision = revision_in_use(application=application)
    users: dict[str, list[ServicePolicy]] = {}
    for policy in service_policies(application=application, revision=revision):
        users.setdefault(policy.image, []).append(policy)
    named = {one: _digest_now(application, revision, one) for one in users if "@" not in one}
    changed = {one: digest for one, digest in named.items() if digest}
    acts = {
        (act.reference, act.digest): act
        for act in UpdateAct.objects.filter(application=application, digest__in=changed.values()).select_related(
            "deployment__revision"
        )
    }
    found = []
    for reference, digest in sorted(changed.items()):
        before, act = revision.pins.get(reference, ""), acts.get((reference, digest))
        found.append(_judged(application, reference, digest, before, tuple(users[reference]), act, now))
    return found


def _deployed(application: Application) -> "QuerySet[Deployment]":
    return Deployment.objects.filter(application=application, state=DeploymentState.SUCCEEDED)


def _digest_now(application: Application, revision: Revision, reference: str) -> str:
    """What the tag names now, when that is not what was deployed; "" otherwise and when nobody knows.

    Where no registry said at the deployment what the tag named, the verdict on what runs decides.
    """
    pin = revision.pins.get(reference)
    if pin is not None:
        row = _watched(reference)
        return row.digest if row and not row.gone and row.digest != pin else ""
    containers = Container.objects.filter(project=application.name, host__team=application.team_id)
    hosts = set(containers.values_list("host_id", flat=True))
    rows = ImageUpdate.objects.filter(host_id__in=hosts, reference=reference, state__in=WORTH_SHOWING)
    return rows.values_list("digest", flat=True).first() or ""


def _watched(reference: str) -> WatchedTag | None:
    try:
        found = parse_reference(reference)
    except NotAReference:
        return None
    key = Q(host=found.host, repository=found.repository, tag=found.tag)
    return WatchedTag.objects.filter(key).exclude(digest="").first()


def _judged(
    application: Application,
    reference: str,
    digest: str,
    before: str,
    policies: tuple[ServicePolicy, ...],
    act: UpdateAct | None,
    now: datetime,
) -> ImageChange:
    policy = min(policies, key=lambda one: ORDER.index(one.mode))
    due = False
    if act is not None:
        state, detail = act_state(act)
    elif number := _tried(application, reference, digest):
        state, detail = "skipped", f"Revision {number} had it and was left: not carried out again by itself."
    elif policy.mode == UpdateMode.NOTIFY:
        state, detail = "notify", ""
    elif problem := _may_not(policy, application):
        state, detail = "refused", problem
    else:
        due, detail = _time_for(policy, application, now)
        state = "waiting"
    return ImageChange(reference, digest, before, policies, state, detail, act, due, policy.maker)


def act_state(act: UpdateAct) -> tuple[str, str]:
    """How it stands with what was done: (state, why)."""
    deployment = act.deployment
    if act.outcome != UpdateOutcome.DEPLOYED or deployment is None:
        return str(act.outcome), act.detail
    if deployment.state in BAD_ENDS:
        word = DeploymentState(deployment.state).label.lower()
        return "failed", f"The deployment ended so: {word}. {deployment.error}".strip()
    if deployment.state == DeploymentState.SUCCEEDED:
        return "deployed", act.detail
    return "waiting", f"Revision {deployment.revision.number} is being deployed."


def _tried(application: Application, reference: str, digest: str) -> int | None:
    """The number of the last revision with that digest that was deployed, by whomever; None when none was."""
    rows = Revision.objects.filter(application=application, deployments__isnull=False).distinct()
    for revision in rows.order_by("-number")[:50]:
        if revision.pins.get(reference) == digest:
            return int(revision.number)
    return None


def _may_not(policy: ServicePolicy, application: Application) -> str:
    """Why nobody's rights can be used for it, a sentence; "" when somebody's can."""
    maker = policy.maker
    if maker is None or not maker.is_active:
        return "Whoever set the policy is not here any more. Set it again."
    if not actor_for_user(maker).can(Permission.DEPLOY, application.team_id):
        return f"{maker.label} set the policy and may not deploy here any more. Set it again."
    return ""


def _time_for(policy: ServicePolicy, application: Application, now: datetime) -> tuple[bool, str]:
    if policy.mode == UpdateMode.AT_ONCE:
        return True, "It is carried out next."
    windows = windows_of(application=application)
    if is_open(windows, now):
        return True, "The time window is open: it is carried out next."
    opening = next_opening(windows, now)
    if opening is None:
        return False, "There is no time window. Add one, or choose another policy."
    return False, f"It waits for the time window, which opens at {opening:%Y-%m-%d %H:%M} UTC."
