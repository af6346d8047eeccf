"""What goes into the local search: public answers that were seen, once; official images; files of rows."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from gallery.docker_hub import hub_repository, hub_search
from gallery.hub.types import SearchFilter
from gallery.index.feeding import feed
from gallery.index.store import Wanted, index_find
from gallery.jobs import index_feed
from gallery.models import IndexedRepository, KeptAnswer
from gallery.repositories import TagFilter, repository_name
from gallery.tags import repository_tags_list
from tests.standins.hub import HubStandIn

pytestmark = pytest.mark.django_db


def facets_of(path: str) -> set[str]:
    return set(IndexedRepository.objects.get(path=path).facets.split())


def test_answers_that_were_seen_are_taken_in_once(hub: HubStandIn) -> None:
    hub_search(SearchFilter("nginx"))
    assert index_feed() == 2
    assert index_feed() == 0
    assert [one.path for one in index_find(Wanted("ngin"))] == ["library/nginx", "nginx/nginx-ingress"]
    assert {"os.linux", "arch.amd64", "badge.official", "cat.web-servers"} <= facets_of("library/nginx")


def test_tags_tell_the_versions_of_windows(hub: HubStandIn) -> None:
    hub_search(SearchFilter("postgres"))
    repository_tags_list(repository_name("hub", "library", "postgres"), TagFilter())
    hub_repository(repository_name("hub", "library", "postgres"))
    feed()
    assert {"win.20348", "win.26100", "os.windows", "badge.official"} <= facets_of("library/postgres")
    assert IndexedRepository.objects.get(path="library/postgres").stars == 14_000


def test_answers_of_accounts_and_old_forms_are_left_out(hub: HubStandIn) -> None:
    hub_search(SearchFilter("nginx"))
    KeptAnswer.objects.update(source="hub#abc.1")
    assert feed() == 0
    KeptAnswer.objects.update(source="hub", body={"items": "of another version"})
    assert feed() == 0


def test_the_command_takes_official_images(hub: HubStandIn, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("gallery_seed")
    assert "2 repositories" in capsys.readouterr().out
    assert {one.path for one in index_find(Wanted())} == {"library/nginx", "library/postgres"}


def test_the_command_takes_a_file(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    rows = [{"path": "a/b", "summary": "One", "pulls": 5, "updated_at": "2026-01-01T00:00:00+00:00"}, {"path": "c/d"}]
    file.write_text("\n".join(map(json.dumps, rows)) + "\n\n")
    call_command("gallery_seed", "--file", str(file))
    assert [one.path for one in index_find(Wanted("one"))] == ["a/b"]


def test_a_file_that_makes_no_sense_and_a_hub_that_is_away(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text("{")
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("gallery_seed", "--file", str(file))
    with pytest.raises(CommandError, match="does not answer"):
        call_command("gallery_seed")
