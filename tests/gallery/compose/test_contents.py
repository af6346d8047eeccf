"""Configs, secrets and the project's own files: what they hold, where they go, and that secrets are never shown."""

import pytest

from gallery.compose.errors import ComposeInvalid
from gallery.compose.parse import load_project
from gallery.compose.sources import Sources
from gallery.compose.types import File, Project

FILES = {"nginx/site.conf": "server {}", "nginx/more/a.conf": "a", "pw.txt": "plain"}


def load(text: str, files: dict[str, str], values: dict[str, str]) -> Project:
    secrets = {"kept": "<kept>", "outside": "<outside>"}
    return load_project(Sources({"compose.yaml": text, **files}, values=values, secrets=secrets), "demo")


def files(attributes: str, top: str = "", **values: str) -> tuple[File, ...]:
    text = f"services: {{web: {{image: x, {attributes}}}}}\n{top}"
    return load(text, FILES, values).service("web").files


TOP = """
configs:
  site: {file: ./nginx/site.conf}
  inline: {content: "name ${NAME:-none}"}
  env: {environment: NAME}
  far: {external: true, name: outside}
secrets:
  kept: {file: ./absent.txt}
  plain: {file: pw.txt}
  env: {environment: PASSWORD}
  far: {external: {name: outside}}
  bare: {external: true, name: kept}
"""


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ("configs: [site]", File("config", "site", "/site", "server {}")),
        ("configs: [inline]", File("config", "inline", "/inline", "name me")),
        ("configs: [env]", File("config", "env", "/env", "me")),
        ("configs: [far]", File("config", "far", "/far", "<outside>")),
        ("secrets: [kept]", File("secret", "kept", "/run/secrets/kept", "<kept>")),
        ("secrets: [plain]", File("secret", "plain", "/run/secrets/plain", "plain")),
        ("secrets: [env]", File("secret", "env", "/run/secrets/env", "pw")),
        ("secrets: [far]", File("secret", "far", "/run/secrets/far", "<outside>")),
        ("secrets: [bare]", File("secret", "bare", "/run/secrets/bare", "<kept>")),
        (
            "secrets: [{source: env, target: db/pw, uid: '70', gid: '71', mode: 0400}]",
            File("secret", "env", "/run/secrets/db/pw", "pw", 70, 71, 0o400),
        ),
        (
            "configs: [{source: site, target: /etc/nginx/conf.d/site.conf, mode: '0o440'}]",
            File("config", "site", "/etc/nginx/conf.d/site.conf", "server {}", mode=0o440),
        ),
        (
            "volumes: ['./nginx/site.conf:/etc/site.conf:ro']",
            File("file", "nginx/site.conf", "/etc/site.conf", "server {}", mode=0o444),
        ),
        (
            "volumes: [{type: bind, source: ./nginx/site.conf, target: /etc/site.conf}]",
            File("file", "nginx/site.conf", "/etc/site.conf", "server {}", mode=0o644),
        ),
    ],
)
def test_where_they_go(attributes: str, expected: File) -> None:
    assert files(attributes, TOP, NAME="me", PASSWORD="pw") == (expected,)


def test_a_folder_of_the_project() -> None:
    found = files("volumes: ['./nginx:/etc/nginx']")
    assert [(one.target, one.content) for one in found] == [
        ("/etc/nginx/more/a.conf", "a"),
        ("/etc/nginx/site.conf", "server {}"),
    ]


def test_copies_and_plain_secrets_are_pointed_out() -> None:
    text = "services: {web: {image: x, volumes: ['./pw.txt:/a'], secrets: [s]}}\nsecrets: {s: {file: pw.txt}}"
    project = load(text, FILES, {})
    notes = [str(note) for note in project.notes]
    assert any("is delivered as a copy" in note for note in notes)
    assert any("plain text among the files" in note for note in notes)


def test_what_a_file_holds_is_never_printed() -> None:
    assert "pw" not in repr(files("secrets: [env]", TOP, NAME="me", PASSWORD="pw"))


@pytest.mark.parametrize(
    ("attributes", "top", "message"),
    [
        ("configs: [{target: /x}]", "configs: {a: {content: x}}", "“source”, the config meant, is missing"),
        ("configs: a", "configs: {a: {content: x}}", "This must be a list"),
        ("configs: [{source: a, mode: 999}]", "configs: {a: {content: x}}", "is not a file mode"),
        ("configs: [{source: a, uid: root}]", "configs: {a: {content: x}}", "must be a whole number"),
        ("configs: [{source: a, target: ../../etc/passwd}]", "configs: {a: {content: x}}", "has “..” in it"),
        ("configs: [a, a]", "configs: {a: {content: x}}", "Something else is put at /a already"),
        ("user: x", "configs: {a: {content: x, file: pw.txt}}", "Exactly one of file, environment and content"),
        ("user: x", "configs: {a: {external: true, content: x}}", "does not go with “external”"),
        ("user: x", "configs: {a: {file: ../x}}", "leaves the project's folder"),
        ("user: x", "configs: {a: {template_driver: golang, content: x}}", "“template_driver” is not applied"),
        ("user: x", "secrets: {a: {content: x}}", "“content” is no attribute"),
        ("user: x", "secrets: {a: {file: absent.txt}}", "There is no file “absent.txt”"),
        ("user: x", "secrets: {a: {environment: NOT}}", "NOT has no value"),
        ("user: x", "secrets: {a: {external: true}}", "kept outside of this text, and there is no value for it"),
        ("secrets: [kept], read_only: true", "secrets: {kept: }", "the container's files are read-only"),
        ("secrets: [kept], tmpfs: /run", "secrets: {kept: }", "would be hidden by what is mounted in memory at /run"),
    ],
)
def test_refusals(attributes: str, top: str, message: str) -> None:
    with pytest.raises(ComposeInvalid) as caught:
        files(attributes, top)
    assert any(message in one.message for one in caught.value.refusals), caught.value.refusals
    assert all(one.line and one.column and one.remedy for one in caught.value.refusals)


def test_large_contents_are_refused() -> None:
    with pytest.raises(ComposeInvalid, match="more than 500 KiB"):
        load("services: {web: {image: x}}\nconfigs: {a: {file: big}}", {"big": "x" * (501 * 1024)}, {})


def test_passwords_in_plain_text_are_pointed_out_by_name() -> None:
    text = """
services:
  db:
    image: x
    environment:
      POSTGRES_PASSWORD: hunter2
      POSTGRES_PASSWORD_FILE: /run/secrets/pw
      API_KEY: ${API_KEY}
      TOKENS: 5
  web: {image: x, environment: ['SECRET=x', 'MYSQL_ROOT_PASSWORD=', 'A=b']}
"""
    notes = load(text, {}, {"API_KEY": "k"}).notes
    assert [(note.path, note.line) for note in notes] == [
        ("services.db.environment.POSTGRES_PASSWORD", 6),
        ("services.web.environment.SECRET", 10),
    ]
    assert "hunter2" not in "".join(note.message for note in notes)
