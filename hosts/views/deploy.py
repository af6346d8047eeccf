"""The deploy page: one column of questions, the plan beside it, and the button that carries it out."""

from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from hosts.forms.deploy import TemplateForm
from hosts.forms.draft import Draft, Surroundings, draft_of, rows_changed
from hosts.forms.errors import add_problem
from hosts.models import Application, Deployment, Revision
from hosts.plan_types import KEEP, Plan, PlanRefused
from hosts.services.applications import application_create, application_revise
from hosts.services.deployments import deployment_start
from hosts.services.plan_refusals import refusal_record
from hosts.services.plans import plan_make
from hosts.services.secrets import secret_set
from portal.people.access import Actor, Permission
from portal.people.requests import actor_of
from portal.problems import Problem

from .answers import is_htmx
from .deploy_start import ImageFacts, first_draft, image_facts, mode_of, surroundings

MAX_CHOICES = 200  # hosts shown one by one; beyond that, labels choose


@require_http_methods(["GET", "HEAD", "POST"])
def deploy_page(request: HttpRequest) -> HttpResponse:
    """The form as the address asks (image, template, application, host); POST: a row button, the plan, or deploy."""
    around = surroundings(request)
    if request.method != "POST":
        draft = first_draft(request, around)
        return _page(request, draft)
    draft = _sent(request, around)
    if rows_changed(draft, request.POST):
        return _page(request, draft, quiet=True)
    if wanted := request.POST.get("to", ""):
        return _page(request, _in_mode(wanted, draft), quiet=True)
    if not draft.is_valid():
        return _page(request, draft, status=422)
    if request.POST.get("show") == "plan":
        return _page(request, draft, plan=_plan(request, draft))
    return _deploy(request, draft)


@require_POST
def deploy_plan(request: HttpRequest) -> HttpResponse:
    """The plan for what is typed, while it is typed. Changes nothing; what is wrong is said in the plan's place."""
    around = surroundings(request)
    draft = _sent(request, around)
    plan = _plan(request, draft) if draft.is_valid() else None
    context = {**_context(request, draft), **(plan or {}), "checked": True}
    return render(request, "deploy/_plan_answer.html", context)


def _sent(request: HttpRequest, around: Surroundings) -> Draft:
    """The draft as it was sent. Variables that are as in the image are not written down, so that a later tag's hold."""
    draft = draft_of(mode_of(request.POST, around, "image"), around, request.POST)
    if draft.mode == "image" and draft.rows.environment:
        config = image_facts(request.POST.get("image", "").strip(), around).config
        draft.rows.defaults = dict(config.environment) if config else {}
    return draft


def _deploy(request: HttpRequest, draft: Draft) -> HttpResponse:
    """Carry it out, or say why not with everything that was typed still there."""
    shown = request.POST.get("plan_digest", "")
    if shown and draft.around.application is not None:
        plan = _plan(request, draft)
        if _differs(plan.get("plan"), shown):
            return _page(request, draft, plan={**plan, "plan_changed": True}, status=409)
    try:
        deployment = _carry_out(request, draft)
    except PlanRefused as problem:
        actor, known = actor_of(request), draft.around.application  # the row of the service went with its transaction
        refusal_record(actor=actor, action="deployment.start", team=draft.team, refused=problem, application=known)
        return _page(request, draft, plan={"refusals": problem.refusals}, status=problem.status)
    except Problem as problem:
        add_problem(draft.form, problem)
        return _page(request, draft, status=problem.status)
    where = reverse("hosts:deployment", args=[deployment.pk])
    if is_htmx(request):
        response = HttpResponse(status=204)
        response["HX-Redirect"] = where
        return response
    return HttpResponseRedirect(where)


def _differs(plan: Plan | None, shown: str) -> bool:
    """Whether the plan is another than the one shown and touches something that exists."""
    if plan is None or plan.digest == shown:
        return False
    return any(container.action not in {KEEP, "create"} for host in plan.hosts for container in host.containers)


@transaction.atomic
def _carry_out(request: HttpRequest, draft: Draft) -> Deployment:
    """Application (or revision) and deployment together, or neither."""
    actor = actor_of(request)
    targets = draft.form.targets()
    application: Application | None = draft.around.application
    revision: Revision
    if application is None:
        _application, revision = application_create(
            team=draft.team,
            name=draft.name,
            actor=actor,
            compose=draft.compose,
            values=draft.values,
            targets=targets,
            template=draft.slug,
            secrets=draft.secrets,
        )
    else:
        for name, value in draft.secrets.items():
            secret_set(application=application, name=name, value=value, actor=actor)
        revision = application_revise(
            application=application, actor=actor, compose=draft.compose, values=draft.values, targets=targets
        )
    return deployment_start(revision=revision, actor=actor, resolve=draft.around.resolve)


def _plan(request: HttpRequest, draft: Draft) -> dict[str, Any]:
    """What the plan panel shows: `plan`, `refusals`, or `plan_problem` when no plan can be made now."""
    actor = actor_of(request)
    actor.require(Permission.DEPLOY, draft.team)
    try:
        return {"plan": _plan_of(draft, actor)}
    except PlanRefused as problem:
        return {"refusals": problem.refusals}
    except Problem as problem:
        return {"plan_problem": problem}


def _plan_of(draft: Draft, actor: Actor) -> Plan:
    return plan_make(revision=draft.revision(), actor=actor, resolve=draft.around.resolve, fresh=draft.secrets)


def _in_mode(wanted: str, draft: Draft) -> Draft:
    """The same in another mode: from fields to compose text, with what was typed for name, team and place."""
    around: Surroundings = draft.around
    text = draft.compose_text()
    if wanted != "compose" or not text:
        draft.is_valid()
        return draft
    data = QueryDict(mutable=True)
    kept = ("team", "name", "target", "host_labels", "cluster", "strategy")
    data.update({name: draft.form.data.get(name, "") for name in kept})
    data.setlist("hosts", draft.form.data.getlist("hosts") if isinstance(draft.form.data, QueryDict) else [])
    form = draft.form
    values = form.values() if isinstance(form, TemplateForm) and form.is_valid() else {}
    data.update({"compose": text, "values": "\n".join(f"{name}={value}" for name, value in values.items())})
    return draft_of("compose", around, data)


def _page(
    request: HttpRequest, draft: Draft, *, plan: dict[str, Any] | None = None, quiet: bool = False, status: int = 200
) -> HttpResponse:
    """The whole page. quiet: a row was added or the mode changed, so nobody asked for errors yet."""
    context = {**_context(request, draft), **(plan or {}), "quiet": quiet, "checked": plan is not None or status == 422}
    context["plan_now"] = not context["checked"] and _plannable(draft)
    return render(request, "deploy/deploy.html", context, status=status)


def _plannable(draft: Draft) -> bool:
    """Whether there is enough on the page to ask for a plan without being asked to."""
    wanted = {"image": "image", "compose": "compose"}.get(draft.mode)
    return bool(draft.form["name"].value()) and (wanted is None or bool(draft.form[wanted].value()))


def _context(request: HttpRequest, draft: Draft) -> dict[str, Any]:
    around = draft.around
    reference = str(draft.form["image"].value() or "").strip() if draft.mode == "image" else ""
    facts = image_facts(reference, around)
    chosen = draft.form.chosen_host_ids()
    address = {name: request.GET[name] for name in ("application", "template") if request.GET.get(name)}
    return {
        "draft": draft,
        "form": draft.form,
        "rows": draft.rows,
        "mode": draft.mode,
        "application": around.application,
        "template": around.template,
        "image_problem": facts.problem,
        "image_command": _command_of(facts),
        "hosts": [_host_choice(host, facts, chosen) for host in around.hosts[:MAX_CHOICES]],
        "one_team": around.teams.count() == 1,
        "address": "?" + urlencode(address) if address else "",
        "may_compose": draft.mode != "compose",
    }


def _host_choice(host: Any, facts: ImageFacts, chosen: list[str]) -> dict[str, Any]:
    """A host as a choice: whether it is ticked, and whether the image runs there."""
    fit = facts.fits.get(str(host.pk))
    return {"host": host, "state": host.state, "fit": fit, "chosen": str(host.pk) in chosen}


def _command_of(facts: ImageFacts) -> str:
    """What the image runs by itself, as a hint for the command field."""
    config = facts.config
    return " ".join((*config.entrypoint, *config.command)) if config else ""
