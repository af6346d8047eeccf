"""The Docker client: a page of each host with the context to download, and one's own certificates."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hosts.api.docker import context_response
from hosts.forms.docker import ContextForm
from hosts.forms.errors import add_problem
from hosts.gateway.addresses import endpoint_url
from hosts.selectors.certificates import docker_certificate_get, docker_certificate_list
from hosts.selectors.hosts import host_get
from hosts.services.certificates import context_name, docker_certificate_revoke, docker_context_create
from portal.people.access import Permission
from portal.people.models import Role
from portal.people.requests import actor_of
from portal.problems import Problem

from .answers import done
from .hosts import host_line

SHOWN = 100


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def host_docker(request: HttpRequest, host_id: UUID) -> HttpResponse:
    """How to use this host with the docker client. The answer to POST is the file: its key is in it alone."""
    actor = actor_of(request)
    host = host_get(actor=actor, host_id=host_id)
    own = actor.role_in(host.team_id) or Role.VIEWER
    form = ContextForm(request.POST if request.method == "POST" else None, own=own)
    if form.is_bound and form.is_valid():
        try:
            made = docker_context_create(host=host, actor=actor, **form.cleaned_data)
        except Problem as problem:
            add_problem(form, problem)
        else:
            return context_response(made.name, made.archive)
    context = {
        **host_line(host),
        "form": form,
        "name": context_name(host),
        "url": endpoint_url(),
        "certificates": docker_certificate_list(actor=actor, host=host)[:SHOWN],
        "may_manage": actor.can(Permission.MANAGE_HOSTS, host.team_id),
    }
    return render(request, "hosts/docker.html", context, status=422 if form.is_bound else 200)


@require_safe
def docker_certificates(request: HttpRequest) -> HttpResponse:
    """One's own certificates on every host."""
    rows = docker_certificate_list(actor=actor_of(request), own=True)[:SHOWN]
    return render(request, "hosts/docker_certificates.html", {"certificates": rows, "show_host": True})


@require_POST
def docker_certificate_end(request: HttpRequest, certificate_id: UUID) -> HttpResponse:
    """Revoke one."""
    actor = actor_of(request)
    row = docker_certificate_get(actor=actor, certificate_id=certificate_id)
    docker_certificate_revoke(certificate=row, actor=actor)
    where = reverse("hosts:docker-certificates")
    if row.user != actor.user:
        where = reverse("hosts:docker", args=[row.host_id])
    return done(request, where, _("The certificate for %(host)s is revoked.") % {"host": row.host.name})
