"""The API's description: complete, true, and the same as docs/api.md."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from portal.api.description import rendered_once
from portal.api.root import api

DOCS = Path(settings.BASE_DIR) / "docs" / "api.md"
ROW = re.compile(r"^\| (GET|POST|PUT|PATCH|DELETE) (/api/v1/\S+) \|", re.MULTILINE)


def operations() -> set[str]:
    """Every operation as "METHOD /path/{}", with the names of parameters left out."""
    return {
        f"{method.upper()} {_bare(path)}"
        for path, methods in api.get_openapi_schema()["paths"].items()
        for method in methods
    }


def _bare(path: str) -> str:
    return re.sub(r"{[^}]*}", "{}", path)


def test_it_is_served_to_everybody(db: None) -> None:
    answer = Client().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    assert answer.json()["info"]["title"] == "Pierhead"
    assert answer.json()["openapi"].startswith("3.")


def test_it_is_made_once(rf: RequestFactory) -> None:
    made: list[int] = []

    def view(request: HttpRequest) -> HttpResponse:
        made.append(1)
        return HttpResponse(b"{}")

    described = rendered_once(view)
    assert [described(rf.get("/")).content for _ in range(3)] == [b"{}"] * 3
    assert made == [1]
    assert described(rf.post("/")).status_code == 405


def test_every_operation_has_a_line_in_the_docs() -> None:
    listed = {f"{method} {_bare(path)}" for method, path in ROW.findall(DOCS.read_text(encoding="utf-8"))}
    assert operations() - listed == set(), "add a line to docs/api.md"
    assert listed - operations() == set(), "docs/api.md lists what is not there"


def test_every_operation_names_its_purpose_and_its_key() -> None:
    for path, methods in api.get_openapi_schema()["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], f"{method} {path}"


def test_operation_ids_are_used_once() -> None:
    ids = [
        operation["operationId"]
        for methods in api.get_openapi_schema()["paths"].values()
        for operation in methods.values()
    ]
    assert len(ids) == len(set(ids))


def test_no_page_of_the_api_loads_scripts_from_elsewhere(db: None) -> None:
    assert Client().get("/api/v1/docs").status_code == 404


@pytest.mark.parametrize("path", ["/api/v1/teams", "/api/v1/tokens", "/api/v1/audit"])
def test_lists_are_items_and_next(path: str) -> None:
    schema = api.get_openapi_schema()
    answer = schema["paths"][path]["get"]["responses"][200]["content"]["application/json"]["schema"]["$ref"]
    properties = schema["components"]["schemas"][answer.rsplit("/", 1)[1]]["properties"]
    assert set(properties) == {"items", "next"}
