"""The local search: words, beginnings, parts and slips, filters and orders; the same on both databases."""

from datetime import UTC, datetime

import pytest
from django.db import connection

from gallery.index.store import Wanted, index_clear, index_find, index_put
from gallery.index.words import Entry, facet_word, ordered, place_of, words_of
from gallery.models import IndexedRepository

pytestmark = pytest.mark.django_db


def entry(path: str, pulls: int = 1000, summary: str = "", *facets: str, badge: str = "", year: int = 2026) -> Entry:
    given = (*facets, *([f"badge.{badge}"] if badge else []))
    return Entry(
        "hub", path, summary, badge=badge, facets=given, pulls=pulls, updated_at=datetime(year, 1, 1, tzinfo=UTC)
    )


@pytest.fixture
def filled() -> None:
    index_put(
        [
            entry("library/nginx", 12_000_000_000, "Official build of Nginx.", "os.linux", "arch.amd64",
                  "cat.web-servers", badge="official"),
            entry("nginx/nginx-ingress", 1_000_000_000, "Ingress controllers", "os.linux", "arch.arm64",
                  badge="verified_publisher"),
            entry("bitnami/nginx", 500_000_000, "nginx packaged by Bitnami", "os.linux", "arch.amd64", year=2027),
            entry("acme/nginx", 3, "Nobody pulls it"),
            entry("acme/nginxified", 5, "Nobody pulls it either"),
            entry("library/postgres", 10_000_000_000, "The PostgreSQL database", "os.linux", "os.windows", "win.20348",
                  badge="official"),
            entry("acme/web", 90, "serves pages behind nginx"),
            Entry("hub", "old/nginx", "gone", pulls=9_000_000_000, archived=True),
        ]
    )  # fmt: skip


def paths(q: str = "", *facets: str, sort: str = "") -> list[str]:
    return [one.path for one in index_find(Wanted(q, facets, sort))]


def test_the_exact_name_comes_first(filled: None) -> None:
    assert paths("nginx")[0] == "library/nginx"
    assert paths("acme/nginx")[0] == "acme/nginx"
    assert paths("NGINX ")[0] == "library/nginx"
    assert paths("nginx")[-1] == "old/nginx"


def test_as_one_types(filled: None) -> None:
    for text in ("n", "ng", "ngi", "ngin", "nginx"):
        assert "library/nginx" in paths(text)[:2], text
    assert paths("nginx ingr")[0] == "nginx/nginx-ingress"
    assert paths("postgresql data") == ["library/postgres"]


def test_parts_of_a_word_are_found_when_little_else_is(filled: None) -> None:
    assert set(paths("gres")) == {"library/postgres", "nginx/nginx-ingress"}
    assert paths("ostgre") == ["library/postgres"]
    assert paths("zzz") == []


def test_all_words_must_be_there(filled: None) -> None:
    assert paths("bitnami nginx") == ["bitnami/nginx"]
    assert paths("bitnami postgres") == []


@pytest.mark.parametrize(
    ("facets", "found"),
    [
        (("os.windows",), {"library/postgres"}),
        (("win.20348",), {"library/postgres"}),
        (("win.26100",), set()),
        (("arch.arm64",), {"nginx/nginx-ingress"}),
        (("badge.official",), {"library/nginx", "library/postgres"}),
        (("badge.verified_publisher",), {"nginx/nginx-ingress"}),
        (("cat.web-servers", "badge.official"), {"library/nginx"}),
        (("cat.web",), set()),
    ],
)
def test_filters(filled: None, facets: tuple[str, ...], found: set[str]) -> None:
    assert set(paths("", *facets)) == found
    assert set(paths("nginx", *facets)) == {path for path in found if path != "library/postgres"}


def test_orders(filled: None) -> None:
    assert paths("", sort="pulls")[:3] == ["library/nginx", "library/postgres", "old/nginx"]
    assert paths("nginx", sort="updated")[0] == "library/nginx"  # the exact name stays first
    assert paths("nginx", sort="updated")[1] == "bitnami/nginx"
    assert paths("", sort="name")[0] == "acme/nginx"


@pytest.mark.parametrize(
    "text",
    [
        '"',
        "nginx*",
        "a AND b",
        "NEAR(",
        "{path} : x",
        "'; DROP TABLE x;--",
        "%",
        "_",
        "\\",
        "-",
        "\x00",
        "ä",
        "&|!():*",
    ],
)
def test_any_text_may_be_searched_for(filled: None, text: str) -> None:
    assert isinstance(paths(text), list)


def test_what_is_newly_known_is_added_and_nothing_is_lost(filled: None) -> None:
    index_put([Entry("hub", "library/nginx", facets=("win.26100", "os.windows"))])
    assert IndexedRepository.objects.filter(path="library/nginx").count() == 1
    found = index_find(Wanted("nginx", ("win.26100", "badge.official")))
    assert [(one.path, one.pulls, one.summary) for one in found] == [
        ("library/nginx", 12_000_000_000, "Official build of Nginx.")
    ]
    assert found[0].systems == ("windows", "linux")
    index_put([entry("library/nginx", 13_000_000_000, "Another line.")])
    assert paths("another line") == ["library/nginx"]
    assert paths("official build") == []


def test_twice_in_one_batch_is_once(filled: None) -> None:
    assert index_put([entry("a/b", 1), entry("a/b", 2)]) == 1


def test_everything_can_be_forgotten(filled: None) -> None:
    index_clear()
    assert paths("nginx") == paths("") == []


def test_the_most_pulled_have_the_first_places() -> None:
    places = [place_of(pulls, 7) for pulls in (None, 0, 1, 1000, 10**6, 10**12)]
    assert places == sorted(places, reverse=True)
    assert len({place_of(5, row) for row in range(100)}) == 100


def test_words_and_facets() -> None:
    assert words_of("Grafana/grafana-oss 10!") == ("grafana", "grafana", "oss", "10")
    assert words_of("a b c d e f g h i j") == tuple("abcdefgh")
    assert facet_word("cat.web-servers") == "fcatxwebxservers"


def test_a_name_that_begins_so_and_nobody_pulls_is_not_better_than_all_else() -> None:
    found = ordered([entry("acme/nginxified", 2), entry("bitnami/nginx-proxy", 10**9)], "nginx-", "")
    assert found[0].path == "bitnami/nginx-proxy"


def test_a_database_that_plans_by_counts_knows_of_many_new_rows() -> None:
    index_put(entry(f"acme/app-{number}", number, "web server") for number in range(5000))
    assert paths("app-4999") == ["acme/app-4999"]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'gallery_indexedrepository'")
            assert cursor.fetchone()[0] >= 5000
