"""Every built-in template is whole: it parses, its parameters are its variables, its icon and categories exist."""

import json
from pathlib import Path

import pytest
from django.conf import settings

from gallery.catalogue import loader
from gallery.catalogue.categories import CATEGORIES, category_title
from gallery.catalogue.loader import (
    TemplateBroken,
    sample_values,
    template_find,
    template_from,
    template_get,
    template_list,
)
from gallery.catalogue.types import Parameter, ParameterKind, Template
from gallery.compose.errors import ComposeInvalid
from gallery.compose.parse import parse_project
from gallery.problems import TemplateNotFound
from gallery.registry.reference import parse_reference

TEMPLATES = template_list()


def test_there_are_enough_for_a_first_look() -> None:
    assert len(TEMPLATES) >= 8
    assert TEMPLATES[0].slug == "hello"
    assert len({one.slug for one in TEMPLATES}) == len(TEMPLATES)
    assert {platform.os for one in TEMPLATES for platform in one.platforms} == {"linux", "windows"}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda one: one.slug)
def test_each_is_whole(template: Template) -> None:
    assert template.summary.endswith(".")
    assert len(template.summary) < 100
    assert len(template.description) > 150
    assert set(template.categories) <= set(CATEGORIES)
    assert template.name == template.title
    project = parse_project(template.compose, sample_values(template.parameters), "demo")
    for service in project.services:
        assert parse_reference(service.image).tag != "latest" or template.sample
        assert service.restart.name == "unless-stopped"
    for image in template.images:
        assert str(parse_reference(image)) == image


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda one: one.slug)
def test_each_lies_in_a_file_of_its_name(template: Template) -> None:
    assert (loader.FOLDER / f"{template.slug}.yaml").is_file()


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda one: one.slug)
def test_each_icon_exists(template: Template) -> None:
    assert (Path(settings.NODE_MODULES) / "lucide-static" / "icons" / f"{template.logo}.svg").is_file()


def test_ports_of_different_templates_do_not_collide() -> None:
    ports = [one.default for template in TEMPLATES for one in template.parameters if one.kind is ParameterKind.PORT]
    assert len(ports) == len(set(ports))


@pytest.mark.shared
def test_official_images_have_the_tags_that_are_named(shared_data: Path) -> None:
    for template in TEMPLATES:
        for image in template.images:
            reference = parse_reference(image)
            file = shared_data / "official-images" / f"{reference.name}.json"
            if reference.host or reference.namespace != "library" or not file.is_file():
                continue
            assert reference.tag in json.loads(file.read_text())["tags"], image


@pytest.mark.parametrize(
    ("q", "first"),
    [
        ("postgres", "postgres"),
        ("PostgreSQL", "postgres"),
        ("blog", ""),
        ("mysql", "wordpress"),
        ("windows", "iis"),
        ("", "hello"),
    ],
)
def test_finds_by_words(q: str, first: str) -> None:
    found = template_find(q=q)
    assert (found[0].slug if found else "") == first


def test_finds_by_category() -> None:
    assert {one.slug for one in template_find(category="message-queues")} == {"redis", "rabbitmq"}
    assert template_find(q="redis", category="samples") == ()


def test_gets_one_or_says_that_there_is_none() -> None:
    assert template_get("hello").sample
    with pytest.raises(TemplateNotFound):
        template_get("nothing")


def test_category_titles() -> None:
    assert category_title("databases-and-storage") == "Databases & storage"
    assert category_title("brand-new-thing") == "Brand new thing"


GOOD = """
slug: a
title: A
summary: S.
description: D
categories: [samples]
logo: hand
platforms: [linux/amd64]
parameters:
  - {name: P, label: Port, kind: port, default: "80"}
compose: |
  services: {web: {image: "nginx:1", ports: ["${P}:80"]}}
"""


def test_a_good_file() -> None:
    found = template_from(GOOD)
    assert found.images == ("nginx:1",)
    assert found.parameters == (Parameter("P", "Port", ParameterKind.PORT, "80"),)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("slug: a", "slug: A b"),
        ("title: A", "titel: A\ntitle: A"),
        ("[samples]", "[nothing]"),
        ("${P}", "${Q}"),
        ("kind: port", "kind: other"),
        ("kind: port", "kind: choice"),
        ('kind: port, default: "80"', "kind: choice, default: a, choices: [b]"),
        ("kind: port", "kind: secret"),
        ("kind: port", "kind: port, colour: red"),
        ("image:", "build: ., image:"),
    ],
)
def test_broken_files_are_found(old: str, new: str) -> None:
    assert old in GOOD
    with pytest.raises((TemplateBroken, ComposeInvalid, ValueError)):
        template_from(GOOD.replace(old, new))
