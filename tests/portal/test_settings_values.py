"""Typed readers of the environment, the database address, and the secret that is kept."""

import stat
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from portal.settings import env
from portal.settings.data import database
from portal.settings.security import _kept_secret

NAME = "PIERHEAD_TEST_VALUE"


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.delenv(NAME, raising=False)
    monkeypatch.delenv(f"{NAME}_FILE", raising=False)
    return lambda value: monkeypatch.setenv(NAME, value)


def test_text_comes_from_the_variable_the_file_or_the_default(
    given: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert env.text(NAME, "default") == "default"
    (tmp_path / "secret").write_text(" from a file \n")
    monkeypatch.setenv(f"{NAME}_FILE", str(tmp_path / "secret"))
    assert env.text(NAME, "default") == "from a file"
    given("from the variable")
    assert env.text(NAME, "default") == "from the variable"
    given("")
    assert env.text(NAME, "default") == "from a file"


def test_a_file_that_cannot_be_read_is_named(given: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{NAME}_FILE", str(tmp_path / "absent"))
    with pytest.raises(ImproperlyConfigured, match=f"{NAME}_FILE names .*absent"):
        env.text(NAME)


def test_numbers(given: Any) -> None:
    assert env.number(NAME, 7) == 7
    given("42")
    assert env.number(NAME, 7) == 42
    given("many")
    with pytest.raises(ImproperlyConfigured, match="whole number"):
        env.number(NAME, 7)


@pytest.mark.parametrize(
    ("value", "meaning"), [("1", True), ("Yes", True), ("on", True), ("0", False), ("no", False), ("OFF", False)]
)
def test_flags(given: Any, value: str, meaning: bool) -> None:
    given(value)
    assert env.flag(NAME) is meaning


def test_a_flag_that_is_neither_is_refused(given: Any) -> None:
    assert env.flag(NAME, default=True) is True
    given("maybe")
    with pytest.raises(ImproperlyConfigured, match="yes or no"):
        env.flag(NAME)


def test_words(given: Any) -> None:
    given(" a, b ,,c ")
    assert env.words(NAME) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("value", "parts"),
    [("127.0.0.1:8000", ("127.0.0.1", 8000)), ("[::1]:80", ("::1", 80)), ("pier.example:443", ("pier.example", 443))],
)
def test_addresses(given: Any, value: str, parts: tuple[str, int]) -> None:
    given(value)
    assert env.address(NAME, "") == parts


@pytest.mark.parametrize("value", ["8000", ":8000", "host", "host:", "host:http"])
def test_an_address_without_host_or_port_is_refused(given: Any, value: str) -> None:
    given(value)
    with pytest.raises(ImproperlyConfigured, match="HOST:PORT"):
        env.address(NAME, "")


def test_no_address_is_sqlite_with_a_write_ahead_log() -> None:
    described = database("")
    assert described["ENGINE"] == "django.db.backends.sqlite3"
    assert "journal_mode=WAL" in str(described["OPTIONS"])
    assert "busy_timeout" in str(described["OPTIONS"])
    assert database("sqlite:///srv/pier.db")["NAME"] == "/srv/pier.db"


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("postgresql://pier:s%40t@db.example:5433/portal", ("portal", "pier", "s@t", "db.example", "5433")),
        ("postgres://pier@%2Frun%2Fpostgresql/portal", ("portal", "pier", "", "/run/postgresql", "")),
        ("postgresql:///portal", ("portal", "", "", "", "")),
    ],
)
def test_postgresql_is_pooled(url: str, parts: tuple[str, ...]) -> None:
    described = database(url)
    assert tuple(described[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")) == parts
    assert "pool" in str(described["OPTIONS"])


def test_another_database_is_refused_by_name() -> None:
    with pytest.raises(ImproperlyConfigured, match="'mysql'"):
        database("mysql://db/portal")


def test_a_secret_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "secret_key"
    first = _kept_secret(path)
    assert len(first) > 60
    assert _kept_secret(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_secret_that_cannot_be_read_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="cannot be read"):
        _kept_secret(tmp_path)
