"""Static files: hashed, compressed and copied to DATA_DIR/static once, and again only when one of them changed."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.management.commands.collectstatic import Command as CollectStatic
from django.core.management import call_command
from django.utils.module_loading import import_string

from portal import VERSION

RECORD = "assets.json"


def _sources() -> Iterator[tuple[str, Path]]:
    for finder in get_finders():
        for name, storage in finder.list(["CVS", ".*", "*~"]):
            prefix = getattr(storage, "prefix", None)
            yield (f"{prefix}/{name}" if prefix else name), Path(storage.path(name))


def assets_fingerprint() -> str:
    """A digest that changes when a static file comes, goes or is written (name, size and time of each)."""
    digest = hashlib.sha256(VERSION.encode())
    for name, path in sorted(_sources()):
        found = path.stat()
        digest.update(f"{name}\0{found.st_size}\0{found.st_mtime_ns}\0".encode())
    return digest.hexdigest()


def assets_collect(data_dir: Path) -> bool:
    """Bring STATIC_ROOT up to date. True: something was done.

    Raises ValueError when a file names one that is absent.
    """
    record = data_dir / RECORD
    wanted = assets_fingerprint()
    root = Path(settings.STATIC_ROOT)
    if _recorded(record) == wanted and (root / "staticfiles.json").is_file():
        return False
    record.unlink(missing_ok=True)
    shutil.rmtree(root, ignore_errors=True)
    command = CollectStatic()
    command.storage = import_string(settings.STATIC_HASHED)()  # the settings choose it only once there is a manifest
    call_command(command, interactive=False, verbosity=0)
    record.write_text(json.dumps({"fingerprint": wanted}))
    return True


def _recorded(record: Path) -> str:
    try:
        return str(json.loads(record.read_text())["fingerprint"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
