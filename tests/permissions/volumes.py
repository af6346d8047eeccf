"""Volumes, their backups and what is under way with them: pages and API."""

from django.utils import timezone

from hosts.models import Volume, VolumeBackup, VolumeRun
from tests.people import make_host

from . import Row, World, api, page

ZERO = "00000000-0000-0000-0000-000000000000"
NAMES = {"volume_host": ZERO, "volume_backup": ZERO, "volume_run": ZERO}


def prepare(world: World) -> dict[str, str]:
    """A host with a volume, a kept file whose content is not here, and a run that waits, of another volume."""
    host = make_host(world.team, "volume-host", os="linux", architecture="amd64")
    Volume.objects.create(host=host, name="stock", driver="local", options={}, observed_at=timezone.now())
    backup = VolumeBackup.objects.create(team=world.team, host_name=host.name, volume="stock", size=1, digest="d" * 64)
    run = VolumeRun.objects.create(team=world.team, kind="backup", host=host, volume="other")
    return {"volume_host": str(host.pk), "volume_backup": str(backup.pk), "volume_run": str(run.pk)}


VOLUME = "/hosts/{volume_host}/volumes/stock"
BACKUP = "/volumes/backups/{volume_backup}/"
KEPT = "/volume-backups/{volume_backup}"
HERE = {"host": "{volume_host}", "name": "stock-new"}
OVER = {"host": "{volume_host}", "name": "stock", "overwrite": True}


def post(path: str, deployer: int, admin: int, body: dict[str, str] | None = None) -> Row:
    """A viewer may not."""
    return Row("POST", path, anonymous=302, viewer=403, deployer=deployer, admin=admin, stranger=404, body=body)


ROWS = [
    page("/volumes/backups/", stranger=200),
    page("/volumes/backups/rows/", stranger=200),
    page(f"{VOLUME}/"),
    page(f"{VOLUME}/content/"),
    page(f"{BACKUP}restore/", 403, deployer=200, admin=200),
    page(f"{BACKUP}file/", 403, deployer=404, admin=404),
    post("/volumes/backups/upload/", 422, 422, {"team": "{team}", "volume": "stock"}),
    post(f"{BACKUP}restore/", 302, 302, {"to_host": "{volume_host}", "name": "stock-new"}),
    post(f"{BACKUP}delete/", 403, 302),
    post("/volumes/runs/{volume_run}/cancel/", 302, 302),
    post(f"{VOLUME}/backup/", 302, 302),
    post(f"{VOLUME}/copy/", 302, 302, {"to_host": "{volume_host}", "name": "stock-new"}),
    api("GET", VOLUME),
    api("POST", f"{VOLUME}/backups", 403, deployer=202, admin=202, body={}),
    api("POST", f"{VOLUME}/copies", 403, deployer=202, admin=202, body=HERE),
    api("POST", f"{VOLUME}/copies", 403, deployer=403, admin=422, body=OVER),
    api("GET", "/volume-backups", stranger=200),
    api("POST", "/volume-backups", 422, anonymous=401, stranger=422, body={}),
    api("GET", f"{KEPT}/file", 403, deployer=404, admin=404),
    api("DELETE", KEPT, 403, deployer=403, admin=204),
    api("POST", f"{KEPT}/restores", 403, deployer=202, admin=202, body=HERE),
    api("POST", f"{KEPT}/restores", 403, deployer=403, admin=202, body=OVER),
    api("GET", "/volume-runs", stranger=200),
    api("GET", "/volume-runs/{volume_run}"),
    api("POST", "/volume-runs/{volume_run}/cancel", 403, deployer=202, admin=202),
]
