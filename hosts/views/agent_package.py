"""The agent's source as a package that pip installs, so that a new host needs nothing but this portal and Python."""

import io
import zipfile
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

SUFFIXES = {".py", ".toml", ".md", ".typed"}
LEFT_OUT = {"build", "dist", "__pycache__"}


@require_safe
def agent_package(request: HttpRequest) -> HttpResponse:
    """The package. It holds no secret and needs no sign-in: a machine asks for it before it is known."""
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
