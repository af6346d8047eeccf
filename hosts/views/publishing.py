"""Publishing an image of a host: the form, and what was published from there, live."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from gallery.selectors.registries import accounts_visible
from hosts.forms.publishing import PublishForm
from hosts.live import live_fragment
from hosts.selectors.hosts import host_get
from hosts.selectors.images import image_get
from hosts.selectors.publishing import publications
from hosts.services.publishing import image_publish
from portal.people.access import Permission
from portal.people.form_problems import add_problem
from portal.people.requests import actor_of
from portal.problems import Problem

from .host import host_topics


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def image_publish_page(request: HttpRequest, host_id: UUID, image_id: str) -> HttpResponse:
    """Where to push an image of this host; its POST pushes."""
    actor = actor_of(request)
    image = image_get(actor=actor, host_id=host_id, image_id=image_id)
    actor.require(Permission.OPERATE, image.host.team)
    form = PublishForm(request.POST if request.method == "POST" else None, tags=image.tags)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            image_publish(image=image, reference=data["reference"], source=data["source"], actor=actor)
        except Problem as problem:
            if not problem.fields:
                raise
            add_problem(form, problem)
        else:
            return redirect("hosts:image-publish", host_id, image_id)
    context = {
        "host": image.host,
        "image": image,
        "form": form,
        "accounts": accounts_visible(actor, image.host.team),
        "publications": publications(host=image.host),
    }
    return render(request, "hosts/publish.html", context, status=422 if form.is_bound else 200)


@live_fragment(host_topics)
@require_safe
def host_publications(request: HttpRequest, host_id: UUID) -> HttpResponse:
    """What was published from a host."""
    host = host_get(actor=actor_of(request), host_id=host_id)
    return render(request, "hosts/_publications.html", {"host": host, "publications": publications(host=host)})
