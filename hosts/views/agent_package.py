"""The agent's package: what a machine asks for before it is known. It holds no secret and needs no sign-in."""

import io
import zipfile
from functools import lru_cache
from pathlib import Path
from typing import cast

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.html import format_html, format_html_join
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from hosts.agent_package.authority import private_authority
from hosts.agent_package.locks import normalized
from hosts.agent_package.offer import offer
from hosts.agent_package.scripts import install_script
from hosts.views.agent_updates import older_hosts
from portal.people.requests import actor_of
from portal.problems import NotFound

SUFFIXES = {".py", ".toml", ".md", ".typed"}
LEFT_OUT = {"build", "dist", "__pycache__"}
WHEEL_TYPE = "application/zip"


@require_safe
def agent_page(request: HttpRequest) -> HttpResponse:
    """What there is, for people."""
    now = offer()
    context = {
        "wheel": now.wheel,
        "states": now.states(),
        "files": now.files(),
        "portal": settings.PUBLIC_URL,
        "size": len(now.wheel.content),
        "older": older_hosts(actor_of(request)) if request.user.is_authenticated else [],
    }
    return render(request, "agent/page.html", context)


@require_safe
@cache_control(no_cache=True)
def agent_script(request: HttpRequest, kind: str) -> HttpResponse:
    """install.sh or install.ps1."""
    text = install_script(kind, portal=settings.PUBLIC_URL, requirements=offer().requirements)
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


@require_safe
@cache_control(no_cache=True)
def agent_requirements(request: HttpRequest) -> HttpResponse:
    """What to install, with the hash of every file that may be taken."""
    return HttpResponse(offer().requirements, content_type="text/plain; charset=utf-8")


@require_safe
@cache_control(no_cache=True)
def agent_files(request: HttpRequest) -> HttpResponse:
    """Every file as a link with its hash, for `pip --find-links`."""
    return _links(offer().files(), "")


@require_safe
@cache_control(no_cache=True)
def agent_index(request: HttpRequest) -> HttpResponse:
    """The projects of the index [PEP 503]."""
    names = sorted({_project(name) for name in offer().files()})
    items = format_html_join("\n", '<a href="{}/">{}</a>', ((name, name) for name in names))
    return HttpResponse(format_html("<!DOCTYPE html><title>Simple index</title>\n{}\n", items))


@require_safe
@cache_control(no_cache=True)
def agent_project(request: HttpRequest, project: str) -> HttpResponse:
    """The files of one project [PEP 503]."""
    files = {name: digest for name, digest in offer().files().items() if _project(name) == normalized(project)}
    if not files:
        raise NotFound("The index has no such project.", code="project-not-found")
    return _links(files, "../../files/")


@require_safe
@cache_control(max_age=86_400, immutable=True)
def agent_file(request: HttpRequest, name: str) -> HttpResponseBase:
    """One wheel."""
    found = offer().file(name)
    if found is None:
        raise NotFound("There is no such file. See the list of files.", code="file-not-found")
    if isinstance(found, bytes):
        return HttpResponse(found, content_type=WHEEL_TYPE)
    return FileResponse(found.path.open("rb"), content_type=WHEEL_TYPE)


@require_safe
@cache_control(no_cache=True)
def agent_authority(request: HttpRequest) -> HttpResponse:
    """The private authority that signs the portal's certificate; commands check its digest before they believe it."""
    authority = private_authority()
    if authority is None:
        raise NotFound("This portal names no private authority.", code="no-authority")
    return HttpResponse(authority.pem, content_type="application/x-pem-file")


@require_safe
def agent_package(request: HttpRequest) -> HttpResponse:
    """The source as a package that pip builds, as enrolment commands of earlier versions name it."""
    return HttpResponse(package_bytes(), content_type="application/zip")


@lru_cache(maxsize=1)
def package_bytes(folder: Path | None = None) -> bytes:
    """A zip of the agent's folder below one top folder, as pip expects of a source archive."""
    root = folder or Path(settings.BASE_DIR) / "engine_agent"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(root.rglob("*")):
            inside = path.relative_to(root)
            if path.is_file() and path.suffix in SUFFIXES and not _left_out(inside):
                archive.write(path, Path("engine_agent") / inside)
    return buffer.getvalue()


def _left_out(inside: Path) -> bool:
    return any(part in LEFT_OUT or part.endswith(".egg-info") for part in inside.parts)


def _project(name: str) -> str:
    return normalized(name.split("-")[0])


def _links(files: dict[str, str], base: str) -> HttpResponse:
    rows = ((base, name, digest, name) for name, digest in files.items())
    items = cast(str, format_html_join("\n", '<a href="{}{}#sha256={}">{}</a><br>', rows))
    return HttpResponse(format_html("<!DOCTYPE html><title>Files</title>\n{}\n", items))
