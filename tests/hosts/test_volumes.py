"""Volumes without an engine: who uses them, what is refused, what is kept, what a silent process costs."""

import io
import tarfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from hosts.models import Application, Container, Host, Volume, VolumeBackup, VolumeRun
from hosts.models.volumes import RunState
from hosts.selectors.volumes import application_volumes, uses_of
from hosts.services.volume_backups import backup_upload, backups_expire
from hosts.services.volume_runs import Place, backup_start, copy_start, restore_start, run_cancel
from hosts.services.volume_steps import Cancelled, Superseded, _beat, _claim, backup_path, runs_due
from hosts.volume_carry.archive import ArchiveFile, digest_of
from portal.people.access import actor_for_user
from portal.people.models import AuditEntry, Team, User
from portal.problems import Conflict, Invalid, NotAllowed, Problem, Refused
from tests.people import make_host


@pytest.fixture(autouse=True)
def folder(settings: LazySettings, tmp_path: Path) -> Path:
    settings.BACKUP_DIR = tmp_path
    return tmp_path


@pytest.fixture
def stock(linux_host: Host) -> Volume:
    return Volume.objects.create(
        host=linux_host, name="shop_stock", driver="local", options={}, observed_at=timezone.now()
    )


def kept(team: Team, **fields: object) -> VolumeBackup:
    return VolumeBackup.objects.create(team=team, volume="shop_stock", size=1, digest="d" * 64, **fields)


def test_a_volume_that_hides_a_path_of_the_host_is_not_read_by_a_deployer(
    stock: Volume, deployer: User, admin: User
) -> None:
    stock.options = {"type": "none", "o": "bind", "device": "/"}
    stock.save()
    to = Place(stock.host, "copied")
    actor = actor_for_user(deployer)
    with pytest.raises(NotAllowed, match="binds / of the host"):
        backup_start(volume=stock, halt="", compress=False, actor=actor)
    with pytest.raises(NotAllowed, match="binds / of the host"):
        copy_start(volume=stock, to=to, overwrite=False, halt="", actor=actor)
    rows = AuditEntry.objects.filter(result=AuditEntry.Result.DENIED, target_label=stock.name)
    assert {row.action for row in rows} == {"volume.backup", "volume.copy"}
    assert backup_start(volume=stock, halt="", compress=False, actor=actor_for_user(admin)).pk


def archive(*names: str) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as file:
        for name in names:
            file.addfile(tarfile.TarInfo(name))
    return held.getvalue()


def test_who_uses_a_volume(stock: Volume, web: Container) -> None:
    web.mounts = [{"type": "volume", "name": stock.name, "target": "/data", "read_only": True}]
    web.project = "shop"
    web.save()
    Volume.objects.create(host=stock.host, name="other", driver="local", options={}, observed_at=timezone.now())
    [line] = uses_of([stock])
    assert [(use.container.name, use.target, use.writable) for use in line.uses] == [("web", "/data", False)]
    application = Application.objects.create(team=stock.host.team, name="shop")
    assert [line.row.name for line in application_volumes(application=application)] == [stock.name]


def test_what_is_asked_for_is_a_row_and_in_the_audit(stock: Volume, deployer: User) -> None:
    run = backup_start(volume=stock, halt="pause", compress=True, actor=actor_for_user(deployer))
    assert (run.state, run.halt, run.team) == (RunState.WAITING, "pause", stock.host.team)
    assert AuditEntry.objects.filter(action="volume.backup", team=run.team, result="done").exists()
    with pytest.raises(Conflict, match="under way"):
        backup_start(volume=stock, halt="", compress=True, actor=actor_for_user(deployer))


def test_a_viewer_is_refused_and_that_is_in_the_audit(stock: Volume, viewer: User) -> None:
    with pytest.raises(NotAllowed):
        backup_start(volume=stock, halt="", compress=True, actor=actor_for_user(viewer))
    assert AuditEntry.objects.filter(action="volume.backup", result="denied").exists()


def test_overwriting_is_for_who_manages_hosts(stock: Volume, deployer: User, admin: User) -> None:
    backup = kept(stock.host.team)
    to = Place(stock.host, stock.name)
    with pytest.raises(Conflict, match="let an admin overwrite"):
        restore_start(backup=backup, to=to, overwrite=False, halt="", actor=actor_for_user(deployer))
    with pytest.raises(NotAllowed):
        restore_start(backup=backup, to=to, overwrite=True, halt="", actor=actor_for_user(deployer))
    run = restore_start(backup=backup, to=to, overwrite=True, halt="stop", actor=actor_for_user(admin))
    assert (run.overwrite, run.halt) == (True, "stop")


@pytest.mark.parametrize("name", ["", "a", "-x", "a/b", "a b", "x" * 256, "../etc"])
def test_what_is_no_name_of_a_volume(stock: Volume, deployer: User, name: str) -> None:
    to = Place(stock.host, name)
    with pytest.raises(Invalid) as caught:
        copy_start(volume=stock, to=to, overwrite=False, halt="", actor=actor_for_user(deployer))
    assert "name" in caught.value.fields


def test_windows_and_absent_hosts_are_refused_with_the_reason(
    windows_host: Host, team: Team, deployer: User, other_team: Team, superuser: User
) -> None:
    now = timezone.now()
    there = Volume.objects.create(host=windows_host, name="data", driver="local", options={}, observed_at=now)
    with pytest.raises(Refused, match="robocopy"):
        backup_start(volume=there, halt="", compress=True, actor=actor_for_user(deployer))
    away = make_host(team, "away", os="linux", link="")
    gone = Volume.objects.create(host=away, name="data", driver="local", options={}, observed_at=now)
    with pytest.raises(Problem) as caught:
        backup_start(volume=gone, halt="", compress=True, actor=actor_for_user(deployer))
    assert caught.value.code == "host-away"
    foreign = Place(make_host(other_team, "theirs", os="linux"), "data")
    with pytest.raises(Refused, match="one team only"):
        copy_start(volume=there, to=foreign, overwrite=False, halt="", actor=actor_for_user(superuser))


def test_a_silent_process_loses_its_run_to_another(stock: Volume, deployer: User) -> None:
    run = backup_start(volume=stock, halt="", compress=True, actor=actor_for_user(deployer))
    first = _claim(run.pk)
    assert first is not None
    assert _claim(run.pk) is None, "it is taken"
    VolumeRun.objects.filter(pk=run.pk).update(seen_at=timezone.now() - timedelta(minutes=5))
    assert run.pk in runs_due()
    second = _claim(run.pk)
    assert second is not None
    with pytest.raises(Superseded):
        _beat(first, 10)
    _beat(second, 20)
    run_cancel(run=run, actor=actor_for_user(deployer))
    with pytest.raises(Cancelled):
        _beat(second, 30)


def test_a_file_is_whole_or_not_there(folder: Path) -> None:
    file = ArchiveFile(folder / "1" / "x.tar", compress=False, limit=10)
    file.write(b"12345")
    digest = file.keep()
    assert (file.size, digest_of(folder / "1" / "x.tar")) == (5, digest)
    assert (folder / "1" / "x.tar").stat().st_mode & 0o077 == 0
    small = ArchiveFile(folder / "1" / "y.tar", compress=False, limit=10)
    with pytest.raises(Refused, match="no more room"):
        small.write(b"x" * 11)
    small.drop()
    assert [path.name for path in (folder / "1").iterdir()] == ["x.tar"]


def test_an_archive_of_ones_own(team: Team, deployer: User) -> None:
    data = archive("./a", "./sub/b")
    file = SimpleUploadedFile("mine.tar.gz", data)
    backup = backup_upload(team=team, volume="shop_stock", file=file, actor=actor_for_user(deployer))
    assert (backup.compressed, backup.size) == (True, len(data))
    assert backup_path(backup.pk, team.pk).read_bytes() == data


@pytest.mark.parametrize(
    "data",
    [b"", b"no archive at all" * 100, archive("../up"), archive("/etc/passwd"), archive("a")[:-12]],
    ids=["nothing", "no archive", "above its folder", "absolute", "cut off"],
)
def test_what_is_no_archive_of_a_volume(team: Team, deployer: User, data: bytes, folder: Path) -> None:
    file = SimpleUploadedFile("x.tar", data)
    with pytest.raises(Invalid, match="tar -C FOLDER"):
        backup_upload(team=team, volume="shop_stock", file=file, actor=actor_for_user(deployer))
    assert not list(folder.rglob("*.tar"))


def test_what_was_kept_long_enough_goes(team: Team) -> None:
    old = kept(team, expires_at=timezone.now() - timedelta(days=1))
    path = backup_path(old.pk, team.pk)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x")
    young = kept(team, expires_at=timezone.now() + timedelta(days=1))
    assert backups_expire() == 1
    assert list(VolumeBackup.objects.filter(team=team)) == [young]
