"""What is done before the supervisor takes over: address, tables, first person, assets."""

import socket
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings

from portal.people.models import AuditEntry, Membership, Role, SignInLink, Team, User
from portal.people.services.sign_in import sign_in_link_spend
from portal.up.assets import assets_collect, assets_fingerprint
from portal.up.first_administrator import (
    first_administrator_make,
    first_sign_in_secret,
    first_team,
    sign_in_address,
)
from portal.up.prepare import NotPrepared, address_check, database_migrate, local_host_forget, own_redis


def test_a_taken_port_is_told_with_the_setting_to_change() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(NotPrepared, match=rf"PIERHEAD_HTTP=127\.0\.0\.1:{port + 1}"):
            address_check(("127.0.0.1", port))
    address_check(("127.0.0.1", port))


@pytest.mark.parametrize("address", [("192.0.2.1", 8000), ("no-such-name.invalid", 8000), ("127.0.0.1", 70_000)])
def test_an_address_that_is_not_ours_is_told(address: tuple[str, int]) -> None:
    with pytest.raises(NotPrepared, match="cannot listen at"):
        address_check(address)


@pytest.mark.django_db
def test_tables_that_are_up_to_date_are_left_alone() -> None:
    words: list[str] = []
    assert database_migrate(words.append) is False
    assert words == []


@pytest.mark.django_db
def test_the_first_administrator_is_made_once_with_a_team() -> None:
    assert first_administrator_make() is True
    user = User.objects.get()
    assert (user.username, user.is_superuser, user.has_usable_password()) == ("admin", True, False)
    assert Membership.objects.get().role == Role.ADMIN
    assert first_team() == Team.objects.get()
    assert first_administrator_make() is False
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_nobody_is_made_where_people_are(viewer: User) -> None:
    assert first_administrator_make() is False
    assert first_sign_in_secret() == ""


@pytest.mark.django_db
def test_an_existing_team_is_the_first_one(team: Team) -> None:
    first_administrator_make()
    assert Team.objects.get() == team
    assert Membership.objects.get().team == team


@pytest.mark.django_db
def test_each_start_gives_a_link_that_works_once() -> None:
    first_administrator_make()
    first, second = first_sign_in_secret(), first_sign_in_secret()
    assert first != second
    assert sign_in_link_spend(secret=second).username == "admin"
    assert SignInLink.objects.filter(used_at=None).count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["password", "is_active", "is_superuser"])
def test_no_link_once_they_chose_a_password_or_are_not_wanted(change: str) -> None:
    first_administrator_make()
    user = User.objects.get()
    if change == "password":
        user.set_password("correct horse battery")
    else:
        setattr(user, change, False)
    user.save()
    assert first_sign_in_secret() == ""


@pytest.mark.django_db
def test_what_is_made_is_in_the_audit() -> None:
    first_administrator_make()
    first_sign_in_secret()
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"user.create", "team.create", "member.add", "user.sign-in-link"} <= actions


def test_the_address_of_a_link() -> None:
    assert sign_in_address("https://portal.example", "S") == "https://portal.example/sign-in/link/S/"
    assert sign_in_address("https://portal.example", "") == ""


def test_a_new_database_forgets_the_local_host(tmp_path: Path) -> None:
    (tmp_path / "agent").mkdir()
    (tmp_path / "agent" / "key").write_text("old")
    (tmp_path / "local-host.json").write_text("{}")
    local_host_forget(tmp_path)
    local_host_forget(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_redis_that_somebody_named_is_theirs(settings: LazySettings) -> None:
    assert own_redis()
    settings.REDIS_URL = "redis://redis.example:6379/0"
    assert not own_redis()


@pytest.fixture
def site(tmp_path: Path, settings: Any) -> Path:
    """A site with one style sheet that names one picture."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "site.css").write_text("body { background: url(ship.svg) }" + "/* long enough to compress */" * 20)
    (source / "ship.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    settings.STATICFILES_DIRS = [source]
    settings.STATIC_ROOT = tmp_path / "static"
    return source


@pytest.fixture(autouse=True)
def _fresh_finders() -> None:
    from django.contrib.staticfiles.finders import get_finder

    get_finder.cache_clear()  # type: ignore[attr-defined]


def test_assets_are_hashed_and_compressed_once(site: Path, tmp_path: Path) -> None:
    assert assets_collect(tmp_path) is True
    names = sorted(path.name for path in (tmp_path / "static").iterdir())
    hashed = next(name for name in names if name.startswith("site.") and name != "site.css" and name.endswith(".css"))
    assert f"{hashed}.gz" in names
    assert "ship." in (tmp_path / "static" / hashed).read_text()
    assert "url(ship.svg)" not in (tmp_path / "static" / hashed).read_text()
    assert assets_collect(tmp_path) is False


def test_a_changed_asset_is_collected_again(site: Path, tmp_path: Path) -> None:
    assets_collect(tmp_path)
    before = assets_fingerprint()
    (site / "site.css").write_text("body { color: navy }")
    assert assets_fingerprint() != before
    assert assets_collect(tmp_path) is True
    assert assets_collect(tmp_path) is False


def test_a_lost_or_damaged_copy_is_made_again(site: Path, tmp_path: Path) -> None:
    assets_collect(tmp_path)
    (tmp_path / "static" / "staticfiles.json").unlink()
    assert assets_collect(tmp_path) is True
    (tmp_path / "assets.json").write_text("[]")
    assert assets_collect(tmp_path) is True


def test_an_asset_that_names_an_absent_one_is_refused(site: Path, tmp_path: Path) -> None:
    (site / "ship.svg").unlink()
    with pytest.raises(ValueError, match=r"ship\.svg"):
        assets_collect(tmp_path)
