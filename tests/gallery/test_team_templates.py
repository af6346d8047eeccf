"""Templates that a team writes: what is kept, what is refused, who sees them."""

from typing import Any

import pytest

from gallery.catalogue.types import Parameter, ParameterKind
from gallery.models import TeamTemplate
from gallery.problems import TemplateNotFound
from gallery.selectors.templates import template_seen, templates_found
from gallery.services.templates import TemplateInput, template_add, template_change, template_remove
from portal.people.access import actor_for_user
from portal.people.models import AuditEntry, Team, User
from portal.problems import Invalid, NotAllowed

pytestmark = pytest.mark.django_db
TEXT = """services:
  web:
    image: ghcr.io/acme/web:${TAG:-2}
    ports: ["${PORT}:80"]
    environment:
      SECRET_KEY: ${KEY}
    volumes: ["${DATA}:/data"]
"""
PARAMETERS = (
    Parameter("TAG", "Version", ParameterKind.CHOICE, "2", choices=("1", "2")),
    Parameter("PORT", "Port on the host", ParameterKind.PORT, "8080", True),
    Parameter("KEY", "Key", ParameterKind.SECRET, required=True),
    Parameter("DATA", "Folder for data", ParameterKind.HOST_PATH, "/srv/web", True),
)


def given(**changes: Any) -> TemplateInput:
    return TemplateInput(**{"title": "Our site", "compose": TEXT, "parameters": PARAMETERS, **changes})


def test_a_template_is_in_the_gallery_of_its_team_alone(
    team: Team, deployer: User, viewer: User, stranger: User
) -> None:
    row = template_add(team=team, given=given(), actor=actor_for_user(deployer))
    assert row.slug == f"{team.slug}--our-site"
    seen = template_seen(actor_for_user(viewer), row.slug)
    assert seen.parameters == PARAMETERS
    assert seen.images == ("ghcr.io/acme/web:2",)
    assert seen.origin == team.name
    assert row.slug in {one.slug for one in templates_found(actor_for_user(viewer), q="our site")}
    with pytest.raises(TemplateNotFound):
        template_seen(actor_for_user(stranger), row.slug)
    assert row.slug not in {one.slug for one in templates_found(actor_for_user(stranger))}
    assert AuditEntry.objects.filter(action="template.add", team=team).exists()


def test_the_same_title_has_another_address(team: Team, deployer: User) -> None:
    slugs = [template_add(team=team, given=given(), actor=actor_for_user(deployer)).slug for _ in range(2)]
    assert slugs == [f"{team.slug}--our-site", f"{team.slug}--our-site-2"]
    long = template_add(team=team, given=given(title="x" * 100), actor=actor_for_user(deployer))
    assert len(long.slug) <= 80


def test_change_and_remove(team: Team, deployer: User) -> None:
    actor = actor_for_user(deployer)
    row = template_add(team=team, given=given(), actor=actor)
    assert template_change(row=row, given=given(title="Other"), actor=actor).slug == row.slug
    changed = template_change(row=row, given=given(compose=TEXT.replace("acme", "new")), actor=actor)
    assert changed.images == ["ghcr.io/new/web:2"]
    template_remove(row=row, actor=actor)
    assert not TeamTemplate.objects.exists()


def test_viewers_write_nothing(team: Team, viewer: User) -> None:
    with pytest.raises(NotAllowed):
        template_add(team=team, given=given(), actor=actor_for_user(viewer))
    assert AuditEntry.objects.filter(action="template.add", result=AuditEntry.Result.DENIED).exists()


@pytest.mark.parametrize(
    ("changes", "where", "word"),
    [
        ({"title": " "}, "title", "title"),
        ({"title": "x" * 101}, "title", "100"),
        ({"summary": "x" * 301}, "summary", "300"),
        ({"categories": ("nonsense",)}, "categories", "nonsense"),
        ({"compose": "services: ["}, "compose", "YAML"),
        ({"compose": TEXT + "  db: {image: x, nonsense: 1}\n"}, "compose", "nonsense"),
        ({"compose": "x" * 300_000}, "compose", "KiB"),
        ({"parameters": PARAMETERS[:3]}, "parameters", "DATA"),
        ({"parameters": (*PARAMETERS, Parameter("IDLE", "x", ParameterKind.STRING))}, "parameters", "IDLE"),
        ({"parameters": (*PARAMETERS, PARAMETERS[0])}, "parameters", "twice"),
        ({"parameters": (Parameter("1A", "x", ParameterKind.STRING),)}, "parameters", "digit"),
        ({"parameters": (Parameter("A", "", ParameterKind.STRING),)}, "parameters", "question"),
        ({"parameters": (Parameter("A", "x", ParameterKind.CHOICE),)}, "parameters", "choices"),
        ({"parameters": (Parameter("A", "x", ParameterKind.SECRET, "s3cret"),)}, "parameters", "secret"),
        ({"parameters": (Parameter("A", "x", ParameterKind.PORT, "http"),)}, "parameters", "65535"),
    ],
)
def test_what_makes_no_sense_is_named(
    changes: dict[str, Any], where: str, word: str, team: Team, deployer: User
) -> None:
    with pytest.raises(Invalid) as caught:
        template_add(team=team, given=given(**changes), actor=actor_for_user(deployer))
    assert word in " ".join(caught.value.fields[where])
    assert not TeamTemplate.objects.exists()
