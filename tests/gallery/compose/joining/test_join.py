"""Several compose texts become one: names, ports, variables, and what still works inside of each part."""

from dataclasses import replace

import pytest

from gallery.catalogue.loader import sample_values, template_get, template_list
from gallery.compose.errors import ComposeInvalid
from gallery.compose.interpolation import renamed_variables
from gallery.compose.joining import Joined, Part, join
from gallery.compose.parse import parse_project
from gallery.compose.types import Project


def part(name: str, text: str, **defaults: str) -> Part:
    return Part(name, name.capitalize(), text, defaults)


def project(joined: Joined) -> Project:
    return parse_project(joined.compose, dict(joined.defaults), "joined")


def placeless(found: Project) -> Project:
    """The project without the lines its services stand at."""
    return replace(found, services=tuple(replace(one, line=0) for one in found.services))


def published(joined: Joined) -> dict[str, list[str]]:
    return {one.name: [port.published for port in one.ports] for one in project(joined).services}


WEB = "services:\n  web: {image: nginx, ports: ['8080:80']}\n"


def test_parts_that_share_nothing_stay_as_they_are() -> None:
    joined = join(
        [part("one", WEB), part("two", "services:\n  db: {image: postgres, volumes: ['data:/d']}\nvolumes: {data: }")]
    )
    found = project(joined)
    assert [one.name for one in found.services] == ["web", "db"]
    assert joined.notes == ()
    assert set(found.volumes) == {"data"}
    assert {key for one in found.services for key in (joined.key for joined in one.networks)} == {"default"}


def test_one_image_twice() -> None:
    joined = join([part("web", WEB), part("web", WEB), part("web", WEB)])
    assert published(joined) == {"web": ["8080"], "web-2": ["8081"], "web-3": ["8082"]}
    assert "Web has host port 8081: 8080 is taken by Web." in joined.notes


def test_a_name_that_is_taken_is_still_answered_inside_its_part() -> None:
    text = """services:
  app: {image: shop, depends_on: {db: {condition: service_started}}, environment: {DB: "db:5432"}}
  db: {image: postgres, volumes: ["data:/var/lib/data"]}
volumes: {data: {}}
"""
    joined = join([part("blog", text), part("shop", text)])
    services = {one.name: one for one in project(joined).services}
    assert set(services) == {"app", "db", "shop-app", "shop-db"}
    assert [one.service for one in services["shop-app"].depends_on] == ["shop-db"]
    assert [(one.key, one.aliases) for one in services["shop-db"].networks] == [("shop", ("db",))]
    assert [one.key for one in services["shop-app"].networks] == ["shop"]
    assert [one.key for one in services["db"].networks] == ["default"]
    assert services["shop-db"].mounts[0].source == "shop-data"
    assert any("old names" in note for note in joined.notes)


def test_variables_of_two_parts_have_answers_of_their_own() -> None:
    text = "services:\n  {0}: {{image: x, ports: ['${{PORT}}:80'], environment: {{P: '${{PASSWORD}}', C: 'a$$b'}}}}\n"
    one = part("one", text.format("one"), PORT="8080", PASSWORD="")
    two = part("two", text.format("two"), PORT="8080", PASSWORD="")
    joined = join([one, two])
    assert joined.renamed == ({}, {"PORT": "TWO_PORT", "PASSWORD": "TWO_PASSWORD"})
    assert dict(joined.defaults) == {"PORT": "8080", "PASSWORD": "", "TWO_PORT": "8081", "TWO_PASSWORD": ""}
    found = parse_project(joined.compose, {**joined.defaults, "TWO_PASSWORD": "second", "PASSWORD": "first"}, "x")
    assert [one.environment["P"] for one in found.services] == ["first", "second"]
    assert found.services[0].environment["C"] == "a$b"


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("'127.0.0.1:8080:80'", "8081"),
        ("'${HTTP:-8080}:80'", "8081"),
        ("'[::1]:8080:80/tcp'", "8081"),
        ("'${ADDRESS:-127.0.0.1}:8080:80'", "8081"),
        ("{target: 80, published: 8080}", "8081"),
        ("'8080:80/udp'", "8080"),
        ("'8081:80'", "8081"),
        ("80", ""),
    ],
)
def test_host_ports_get_out_of_the_way(entry: str, expected: str) -> None:
    joined = join([part("one", WEB), part("two", f"services:\n  other: {{image: x, ports: [{entry}]}}\n")])
    assert published(joined)["other"] == [expected]


def test_nobody_is_moved_onto_anothers_port() -> None:
    taken = "services:\n  third: {image: x, ports: ['8081:80']}\n"
    joined = join([part("one", WEB), part("two", WEB), part("three", taken)])
    assert published(joined) == {"web": ["8080"], "two-web": ["8082"], "third": ["8081"]}


def test_networks_configs_secrets_and_container_names() -> None:
    text = """services:
  {0}:
    image: x
    container_name: fixed
    networks: [front]
    configs: [site]
    secrets: [key]
networks: {{front: {{}}, outer: {{external: true}}}}
configs: {{site: {{content: "{0}"}}}}
secrets: {{key: {{content: "{0}"}}}}
"""
    joined = join(
        [
            part("one", text.format("a").replace('secrets: {key: {content: "a"}}', "secrets: {key: {environment: A}}")),
            part("two", text.format("b").replace('secrets: {key: {content: "b"}}', "secrets: {key: {environment: B}}")),
        ]
    )
    found = parse_project(joined.compose, {"A": "1", "B": "2"}, "x")
    second = found.services[1]
    assert [one.key for one in second.networks] == ["two-front"]
    assert [one.container_name for one in found.services] == ["fixed", ""]
    assert {file.target for file in found.services[0].files} == {file.target for file in second.files}
    assert joined.compose.count("outer") == 1


def test_links_network_modes_and_extends_follow() -> None:
    text = """services:
  db: {image: x}
  side: {image: x, network_mode: "service:db", links: ["db:database"], volumes_from: ["db:ro"], pid: "service:db"}
  more: {extends: {service: db}}
  most: {extends: db, depends_on: [db]}
"""
    joined = join([part("one", "services: {db: {image: y}}"), part("two", text)])
    assert "service:two-db" in joined.compose
    assert "two-db:database" in joined.compose
    assert "two-db:ro" in joined.compose
    assert "service: two-db" in joined.compose
    assert "extends: two-db" in joined.compose


def test_texts_keep_their_meaning() -> None:
    text = """x-base: &base {restart: always, labels: {version: 1.10, on: yes, id: 0123, big: 1_000}}
services:
  web: {<<: *base, image: "x:1", read_only: true, stop_grace_period: 10s, environment: {N: 1.10, T: true}}
"""
    joined = join([part("one", text)])
    assert placeless(parse_project(joined.compose, {}, "x")) == placeless(parse_project(text, {}, "x"))


def test_what_needs_other_files_is_told() -> None:
    joined = join([part("one", "include: [other.yaml]\n" + WEB)])
    assert joined.notes == ("One: “include” is left out; it needs files that are not here.",)


def test_a_text_that_is_none_is_refused() -> None:
    with pytest.raises(ComposeInvalid):
        join([part("one", "services: [")])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${A}", "${B}"),
        ("$A/$C", "${B}/${C}"),
        ("${A:-${C:-${A}}}", "${B:-${C:-${B}}}"),
        ("a$$A", "a$$A"),
        ("${A:?say $$A}", "${B:?say $$A}"),
        ("plain", "plain"),
    ],
)
def test_variables_under_new_names(text: str, expected: str) -> None:
    assert renamed_variables(text, {"A": "B"}) == expected


def test_every_template_twice_makes_one_application() -> None:
    """All built-in templates, each two times, at once: what comes out is accepted and no host port is there twice."""
    templates = [one for one in template_list() for _ in range(2)]
    parts = [
        Part(one.slug, one.title, one.compose, {p.name: sample_values((p,))[p.name] for p in one.parameters})
        for one in templates
    ]
    found = project(join(parts))
    alone = [len(parse_project(one.compose, sample_values(one.parameters), "x").services) for one in templates]
    assert len(found.services) == sum(alone)
    ports = [(port.published, port.protocol) for one in found.services for port in one.ports if port.published]
    assert len(ports) == len(set(ports))


def test_a_template_alone_is_what_it_was() -> None:
    template = template_get("wordpress")
    values = sample_values(template.parameters)
    joined = join([Part("wordpress", "WordPress", template.compose, values)])
    assert placeless(parse_project(joined.compose, values, "x")) == placeless(
        parse_project(template.compose, values, "x")
    )
