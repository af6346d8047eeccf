"""The names of an application's secrets. There is no selector for their values."""

from django.db.models import QuerySet

from hosts.models import Application, ApplicationSecret


def secret_list(*, application: Application) -> "QuerySet[ApplicationSecret]":
    """By name, without what is sealed."""
    rows = ApplicationSecret.objects.filter(application=application, current=True)
    return rows.defer("sealed").select_related("set_by").order_by("name")
