"""Categories by slug: Docker Hub's own, and "samples" for what needs nothing."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

CATEGORIES: dict[str, str | Promise] = {
    "samples": _("Samples"),
    "web-servers": _("Web servers"),
    "databases-and-storage": _("Databases & storage"),
    "message-queues": _("Message queues"),
    "monitoring-and-observability": _("Monitoring & observability"),
    "developer-tools": _("Developer tools"),
    "integration-and-delivery": _("Integration & delivery"),
    "content-management-system": _("Content management system"),
    "languages-and-frameworks": _("Languages & frameworks"),
    "operating-systems": _("Operating systems"),
    "networking": _("Networking"),
    "security": _("Security"),
    "api-management": _("API management"),
    "internet-of-things": _("Internet of things"),
    "machine-learning-and-ai": _("Machine learning & AI"),
    "data-science": _("Data science"),
    "web-analytics": _("Web analytics"),
}


def category_title(slug: str) -> str:
    """For people; an unknown slug with its dashes as blanks."""
    return str(CATEGORIES.get(slug, slug.replace("-", " ").capitalize()))
