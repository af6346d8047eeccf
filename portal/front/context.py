"""What every template sees."""

from django.http import HttpRequest

from portal import VERSION


def portal(request: HttpRequest) -> dict[str, object]:
    return {"portal_version": VERSION}
