"""extends and include: other services, other files, their own folders and values; never anything outside."""

import time

import pytest

from gallery.compose.errors import ComposeInvalid, Refusal
from gallery.compose.parse import load_project
from gallery.compose.sources import Sources
from gallery.compose.types import Project


def load(files: dict[str, str], **values: str) -> Project:
    return load_project(Sources(files, values=values), "demo")


def refusals(files: dict[str, str]) -> tuple[Refusal, ...]:
    with pytest.raises(ComposeInvalid) as caught:
        load(files)
    return caught.value.refusals


def test_extends_a_service_of_the_same_file() -> None:
    text = """
services:
  base: {image: x, environment: {A: 1, B: 2}, ports: ['80:80'], command: [a]}
  middle: {extends: base, environment: {B: 3}}
  web: {extends: {service: middle}, command: [b], ports: ['81:81']}
"""
    web = load({"compose.yaml": text}).service("web")
    assert (web.image, web.environment, web.command) == ("x", {"A": "1", "B": "3"}, ("b",))
    assert [port.published for port in web.ports] == ["80", "81"]


def test_extends_a_service_of_another_file_with_its_own_folder() -> None:
    files = {
        "compose.yaml": "services: {web: {extends: {file: common/base.yaml, service: web}, environment: {OWN: 1}}}",
        "common/base.yaml": "services: {web: {extends: {file: deeper/root.yaml, service: r}, env_file: web.env}}",
        "common/deeper/root.yaml": "services: {r: {image: x, env_file: [r.env], volumes: ['./r.conf:/etc/r.conf:ro']}}",
        "common/web.env": "WEB=1\n",
        "common/deeper/r.env": "ROOT=1\n",
        "common/deeper/r.conf": "configured",
    }
    web = load(files).service("web")
    assert web.environment == {"ROOT": "1", "WEB": "1", "OWN": "1"}
    assert [(file.target, file.content) for file in web.files] == [("/etc/r.conf", "configured")]


def test_a_later_file_extends_what_an_earlier_one_has() -> None:
    files = {
        "compose.yaml": "services: {base: {image: x, user: u}}",
        "over.yaml": "services: {web: {extends: {service: base}}}",
    }
    assert load_project(Sources(files, tuple(files)), "demo").service("web").user == "u"


@pytest.mark.parametrize(
    ("extends", "message"),
    [
        ("nobody", "There is no service “nobody”."),
        ("{service: web, file: absent.yaml}", "There is no file “absent.yaml” in the application."),
        ("{service: nobody, file: other.yaml}", "There is no service “nobody” in other.yaml."),
        ("{service: web, file: ../other.yaml}", "“../other.yaml” leaves the project's folder."),
        ("{service: web, file: a/../../other.yaml}", "leaves the project's folder"),
        ("{service: web, file: /etc/passwd}", "“/etc/passwd” is not in the project's own folder."),
        ("{service: web, file: ~/x.yaml}", "is not in the project's own folder"),
        ("{service: web, file: 'C:\\x.yaml'}", "is not in the project's own folder"),
        ("{service: web, file: 'http://169.254.169.254/x'}", "is an address; nothing is fetched from there"),
        ("{file: other.yaml}", "“service”, the service to extend, is missing"),
        ("{service: web, from: other.yaml}", "“from” is no attribute"),
        ("web", "Services extend each other in a circle: web → web."),
    ],
)
def test_refuses_extends(extends: str, message: str) -> None:
    files = {
        "compose.yaml": f"services:\n  web:\n    image: x\n    extends: {extends}\n",
        "other.yaml": "services: {web: {image: x}}",
    }
    found = refusals(files)
    assert any(message in one.message for one in found)
    assert all(one.path.startswith("services.web.extends") and one.line == 4 for one in found)


def test_circles_through_files_end() -> None:
    files = {
        "compose.yaml": "services: {a: {extends: {service: b, file: two.yaml}}}",
        "two.yaml": "services: {b: {extends: {service: a, file: compose.yaml}}}",
    }
    assert any("in a circle: a → b → a" in one.message for one in refusals(files))


def test_includes_files_with_their_own_folder_and_values() -> None:
    files = {
        "compose.yaml": "include: [db/compose.yaml, {path: [c/one.yaml, c/two.yaml], env_file: c/own.env}]\n"
        "services: {web: {image: 'web:${TAG}', depends_on: [db]}}",
        "db/compose.yaml": "name: ignored\nservices: {db: {image: 'db:${TAG}', env_file: db.env}}",
        "db/.env": "TAG=from-db\n",
        "db/db.env": "PASSWORD=x\n",
        "c/one.yaml": "services: {cache: {image: '${IMAGE}'}}",
        "c/two.yaml": "services: {cache: {user: '9'}}",
        "c/own.env": "IMAGE=cache:1\n",
    }
    project = load(files, TAG="mine")
    assert {one.name: one.image for one in project.services} == {"web": "web:mine", "db": "db:mine", "cache": "cache:1"}
    assert project.service("cache").user == "9"
    assert project.service("db").environment == {"PASSWORD": "x"}
    files["compose.yaml"] = "include: [db/compose.yaml]\nservices: {web: {image: w}}"
    assert load(files).service("db").image == "db:from-db"


def test_include_of_an_include_and_project_directory() -> None:
    files = {
        "compose.yaml": "include: [{path: a/a.yaml, project_directory: .}]\nservices: {web: {image: x}}",
        "a/a.yaml": "include: [b.yaml]\nservices: {a: {image: a, env_file: root.env}}",
        "b.yaml": "services: {b: {image: b}}",
        "root.env": "R=1\n",
    }
    project = load(files)
    assert [one.name for one in project.services] == ["web", "a", "b"]
    assert project.service("a").environment == {"R": "1"}


def test_the_same_declared_twice_is_fine_and_something_else_is_refused() -> None:
    files = {
        "compose.yaml": "include: [a.yaml, b.yaml]\nservices: {web: {image: x}}",
        "a.yaml": "services: {a: {image: a}}\nnetworks: {n: {driver: d}}",
        "b.yaml": "services: {b: {image: b}}\nnetworks: {n: {driver: d}}",
    }
    assert len(load(files).services) == 3
    files["b.yaml"] = "services: {a: {image: other}}"
    found = refusals(files)
    assert [one.path for one in found] == ["services.a"]
    assert "“a” is there already, and differs from that in b.yaml." in found[0].message


@pytest.mark.parametrize(
    ("include", "message"),
    [
        ("../up.yaml", "leaves the project's folder"),
        ("/abs.yaml", "is not in the project's own folder"),
        ("https://10.0.0.1/compose.yaml", "is an address"),
        ("git@example.com:a/b.git", "is an address"),
        ("oci://registry.test/app", "is an address"),
        ("absent.yaml", "There is no file “absent.yaml”"),
        ("{env_file: x}", "“path”, the file to include, is missing"),
        ("{path: ok.yaml, env_file: absent.env}", "There is no file “absent.env”"),
        ("{path: ok.yaml, project_directory: ../x}", "leaves the project's folder"),
        ("compose.yaml", "include each other in a circle"),
        ("loop.yaml", "include each other in a circle"),
    ],
)
def test_refuses_include(include: str, message: str) -> None:
    files = {
        "compose.yaml": f"include:\n  - {include}\nservices: {{web: {{image: x}}}}\n",
        "ok.yaml": "services: {ok: {image: x}}",
        "loop.yaml": "include: [loop.yaml]\nservices: {loop: {image: x}}",
    }
    assert any(message in one.message for one in refusals(files))


def test_many_files_are_bounded() -> None:
    started = time.monotonic()
    files = {
        f"{number}.yaml": f"include: [{number + 1}.yaml]\nservices: {{s{number}: {{image: x}}}}" for number in range(60)
    }
    files["compose.yaml"] = "include: [0.yaml]\nservices: {web: {image: x}}"
    assert "more than 12 levels deep" in refusals(files)[0].message
    files = {f"{number}.yaml": "services: {s: {image: x}}" for number in range(300)}
    assert "more than 200 files" in refusals({**files, "compose.yaml": "services: {web: {image: x}}"})[0].message
    assert time.monotonic() - started < 20


def test_a_service_with_much_in_it_extended_often_is_too_large() -> None:
    environment = ", ".join(f"V{number}: x" for number in range(900))
    services = "".join(f"  s{number}: {{extends: base}}\n" for number in range(100))
    text = f"services:\n  base: {{image: x, environment: {{{environment}}}}}\n{services}"
    assert "too large once" in refusals({"compose.yaml": text})[0].message
