"""Kept files as files: taken out, and put in from elsewhere."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

from asgiref.sync import sync_to_async
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from hosts.selectors.volumes import backup_get
from hosts.services.volume_backups import backup_taken, backup_upload
from hosts.services.volume_steps import backup_path
from portal.people.requests import actor_of
from portal.people.selectors.teams import team_get
from portal.problems import NotFound

from .answers import done

PIECE = 256 * 1024
_RANGE = re.compile(r"bytes=(\d+)-(\d*)\Z")


def backup_answer(request: HttpRequest, backup_id: UUID) -> HttpResponseBase:
    """The file, or the part of it that a Range asks for. [RFC 9110, section 14]"""
    actor = actor_of(request)
    backup = backup_get(actor=actor, backup_id=backup_id)
    backup_taken(backup=backup, actor=actor)
    path = backup_path(backup.pk, backup.team_id)
    if not path.is_file():
        raise NotFound(_("The file of the backup is not in the data directory of this node."))
    size = path.stat().st_size
    start, stop, wanted = 0, size, _RANGE.match(request.headers.get("Range", ""))
    if wanted:
        start = int(wanted[1])
        stop = min(size, int(wanted[2]) + 1) if wanted[2] else size
        if start >= stop:
            unfit = HttpResponse(status=416)
            unfit["Content-Range"] = f"bytes */{size}"
            return unfit
    kind = "application/gzip" if backup.compressed else "application/x-tar"
    response = StreamingHttpResponse(_pieces(path, start, stop), content_type=kind, status=206 if wanted else 200)
    response["Content-Disposition"] = f'attachment; filename="{backup.file_name}"'
    response["Content-Length"] = str(stop - start)
    response["Accept-Ranges"] = "bytes"
    if wanted:
        response["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    return response


async def _pieces(path: Path, start: int, stop: int) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while start < stop:
            piece = await sync_to_async(file.read, thread_sensitive=False)(min(PIECE, stop - start))
            if not piece:
                return
            start += len(piece)
            yield piece


@never_cache
@require_safe
def backup_file(request: HttpRequest, backup_id: UUID) -> HttpResponseBase:
    """Download it."""
    return backup_answer(request, backup_id)


@require_POST
def backup_send(request: HttpRequest) -> HttpResponse:
    """Keep an archive of somebody's own."""
    actor = actor_of(request)
    team = team_get(actor, request.POST.get("team", ""))
    sent = request.FILES.get("file")
    file = sent if isinstance(sent, UploadedFile) else None
    backup_upload(team=team, volume=request.POST.get("volume", ""), file=file, actor=actor)
    return done(request, reverse("hosts:backups"), _("The archive is kept as a backup."))
