"""Updating agents: of one host, and of every host that is online and older."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from hosts.models import Host
from hosts.models.hosts import HostState
from hosts.selectors.hosts import host_get, host_list
from hosts.services.agent_updates import agent_update, agents_update, update_offered
from portal.people.access import Actor, Permission
from portal.people.requests import actor_of

from .answers import done, require_somewhere

MOST = 500


@require_POST
def host_update_agent(request: HttpRequest, host_id: UUID) -> HttpResponse:
    """Update the agent of one host."""
    actor = actor_of(request)
    host = host_get(actor=actor, host_id=host_id)
    agent_update(host=host, actor=actor)
    where = reverse("hosts:detail", args=[host.pk])
    return done(request, where, _("The agent of %(host)s is being updated.") % {"host": host.name})


@require_POST
def agents_update_all(request: HttpRequest) -> HttpResponse:
    """Update every older agent that is online."""
    actor = actor_of(request)
    require_somewhere(actor, Permission.MANAGE_HOSTS)
    commands, left = agents_update(hosts=older_hosts(actor), actor=actor)
    text = ngettext("%(count)s agent is being updated.", "%(count)s agents are being updated.", len(commands)) % {
        "count": len(commands)
    }
    return done(request, reverse("hosts:agent"), " ".join([text, *left[:3]]))


def older_hosts(actor: Actor) -> list[Host]:
    """Hosts that are online, older than what this portal offers, and the actor's to manage."""
    rows = [host for host in host_list(actor=actor)[:MOST] if actor.can(Permission.MANAGE_HOSTS, host.team_id)]
    return [host for host in rows if host.state == HostState.ONLINE and update_offered(host)]
