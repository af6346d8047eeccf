"""Files of a container: browse, view, download, upload."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote
from uuid import UUID

from asgiref.sync import async_to_sync, sync_to_async
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from hosts.engine_calls.permits import Permit, permit_find
from hosts.files.browsing import file_pieces, file_put, file_size, file_text, folder_pieces, listing
from hosts.files.paths import crumbs, joined, name_clean, path_clean
from hosts.models import Container
from hosts.selectors.containers import container_get
from hosts.services.terminals import terminal_audit
from portal.people.access import Permission
from portal.people.requests import actor_of
from portal.problems import Invalid, NotFound, Problem

from .answers import done
from .container_tabs import container_tabs

PIECE = 64 * 1024
MAX_UPLOAD = 64 * 1024 * 1024  # the whole of a form is taken before anything of it can be sent on


def _found(request: HttpRequest, host_id: UUID, cid: str) -> tuple[Container, Permit]:
    """The container, for somebody who may use its files. Raises NotFound, NotAllowed."""
    actor = actor_of(request)
    container = container_get(actor=actor, host_id=host_id, cid=cid)
    actor.require(Permission.OPERATE, container.host.team_id)
    return container, permit_find(actor, host_id, cid)


@never_cache
@require_safe
def container_files(request: HttpRequest, host_id: UUID, cid: str) -> HttpResponse:
    """What is at `path`; `view=1` shows the text of a file."""
    container, permit = _found(request, host_id, cid)
    actor = actor_of(request)
    path = path_clean(request.GET.get("path", "/"))
    context: dict[str, Any] = {"path": path, **container_tabs(actor, container, "files"), "max": MAX_UPLOAD}
    status = 200
    try:
        found = async_to_sync(listing)(permit, path)
        context |= {"found": found, "path": found.path, "crumbs": crumbs(found.path)}
        if found.entry.kind == "file" and request.GET.get("view") == "1":
            data, whole = async_to_sync(file_text)(permit, found.path)
            context |= {"text": data.decode("utf-8", "replace"), "is_text": b"\0" not in data, "whole": whole}
            _audit(request, permit, "file.view", found.path)
        rows = [(entry, joined(found.path, entry.name)) for entry in found.entries]
        context["rows"] = rows
    except Problem as problem:
        context |= {"problem": problem, "crumbs": crumbs(path)}
        status = problem.status
    return render(request, "hosts/container_files.html", context, status=status)


@never_cache
@require_safe
def container_file(request: HttpRequest, host_id: UUID, cid: str) -> HttpResponseBase:
    """A file as it is, a folder as a tar archive."""
    _container, permit = _found(request, host_id, cid)
    path = path_clean(request.GET.get("path", ""))
    entry = async_to_sync(file_size)(permit, path)
    _audit(request, permit, "file.download", path)
    is_folder = entry.kind == "folder"
    name = (path.rstrip("/").rpartition("/")[2] or "root") + (".tar" if is_folder else "")
    pieces = folder_pieces(permit, path) if is_folder else file_pieces(permit, path)
    response = StreamingHttpResponse(pieces, content_type="application/octet-stream")
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    if not is_folder and entry.kind == "file":
        response["Content-Length"] = str(entry.size)
    return response


@require_POST
def container_file_put(request: HttpRequest, host_id: UUID, cid: str) -> HttpResponse:
    """Write an uploaded file into the folder `path`."""
    _container, permit = _found(request, host_id, cid)
    path = path_clean(request.POST.get("path", "/"))
    upload = request.FILES.get("file")
    if not isinstance(upload, UploadedFile) or upload.size is None:
        raise Invalid(_("Choose a file."), fields={"file": [_("Choose a file.")]})
    if upload.size > MAX_UPLOAD:
        raise Invalid(
            _("Without JavaScript the page takes files of up to %(size)s MiB.") % {"size": MAX_UPLOAD // 1024 // 1024}
        )
    name = name_clean(str(upload.name))
    _audit(request, permit, "file.upload", joined(path, name), size=upload.size)
    async_to_sync(file_put)(permit, path, name, upload.size, _pieces(upload))
    where = reverse("hosts:container-files", args=[host_id, permit.cid]) + f"?path={quote(path)}"
    return done(request, where, _("%(name)s is written.") % {"name": joined(path, name)})


async def _pieces(upload: "UploadedFile[Any]") -> AsyncIterator[bytes]:
    while piece := await sync_to_async(upload.read)(PIECE):
        yield piece


@require_safe
def volume_files(request: HttpRequest, host_id: UUID, name: str) -> HttpResponse:
    """Where the files of a volume can be seen: in a container that mounts it."""
    actor = actor_of(request)
    for container in Container.objects.filter(host_id=host_id).select_related("host"):
        for mount in container.mounts:
            if mount.get("name") == name and actor.can(Permission.OPERATE, container.host.team_id):
                at = reverse("hosts:container-files", args=[host_id, container.cid])
                return done(
                    request,
                    f"{at}?path={quote(str(mount['target']))}",
                    _("The files of the volume, in a container that mounts it."),
                )
    raise NotFound(
        _("No container mounts this volume, so its files cannot be looked at. Mount it in one, even a stopped one.")
    )


def _audit(request: HttpRequest, permit: Permit, action: str, path: str, **detail: Any) -> None:
    terminal_audit(actor=actor_of(request), permit=permit, action=action, detail={"path": path[:400], **detail})
