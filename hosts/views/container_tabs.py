"""The tabs of a container's page, and what each of them shows above its own content."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from hosts.models import Container
from portal.people.access import Actor, Permission

from .answers import tab_list


def container_tabs(actor: Actor, container: Container, tab: str) -> dict[str, Any]:
    """Context of a tab: container, host, tabs. The terminal and files are offered to deployers."""
    at = [container.host_id, container.cid]
    operates = actor.can(Permission.OPERATE, container.host.team_id)
    tabs = [
        ("overview", _("Overview"), reverse("hosts:container", args=at), None),
        ("logs", _("Logs"), reverse("hosts:container-logs", args=at), None),
    ]
    tabs.append(("stats", _("Stats"), reverse("hosts:container-stats", args=at), None))
    if operates:
        tabs.append(("terminal", _("Terminal"), reverse("hosts:container-terminal", args=at), None))
        tabs.append(("files", _("Files"), reverse("hosts:container-files", args=at), None))
    return {
        "container": container,
        "host": container.host,
        "tab": tab,
        "tabs": tab_list(tab, tabs),
        "operates": operates,
    }
