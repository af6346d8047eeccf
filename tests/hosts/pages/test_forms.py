"""The fields of the hosts forms: labels, memory, command, values, places."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from hosts.forms.deploy import ComposeForm, ImageForm, TargetForm, memory_text, values_from
from hosts.forms.errors import add_problem
from hosts.forms.hosts import EnrolmentForm
from hosts.forms.labels import labels_from, labels_text
from hosts.forms.rows import Rows
from hosts.models import Host
from portal.people.models import Team
from portal.problems import Conflict, Invalid


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("", {}),
        ("zone=eu", {"zone": "eu"}),
        ("zone=eu, disk=ssd", {"zone": "eu", "disk": "ssd"}),
        ("zone = eu\n\ndisk=ssd,", {"zone": "eu", "disk": "ssd"}),
        ("gpu", {"gpu": ""}),
        ("note=a=b", {"note": "a=b"}),
    ],
)
def test_labels_are_read(text: str, labels: dict[str, str]) -> None:
    assert labels_from(text) == labels


@pytest.mark.parametrize("text", ["Zone=eu", "a b=c", "=x", "zone=eu, zone=us", "x=" + "y" * 200])
def test_labels_that_do_not_fit_are_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        labels_from(text)


def test_labels_are_written_as_they_are_read() -> None:
    labels = {"zone": "eu", "gpu": ""}
    assert labels_text(labels) == "gpu, zone=eu"
    assert labels_from(labels_text(labels)) == labels


@pytest.mark.parametrize(
    ("text", "compose"),
    [
        ("256M", "256m"),
        ("256", "256m"),
        ("1G", "1024m"),
        ("1.5 GiB", "1536m"),
        ("7000k", "7168000b"),
        ("512mb", "512m"),
    ],
)
def test_memory_is_read_in_the_units_people_use(text: str, compose: str) -> None:
    assert memory_text(text) == compose


@pytest.mark.parametrize("text", ["lots", "1T", "-5M", "5M", "0", "1k", ""])
def test_memory_that_the_engine_would_refuse_is_refused_here(text: str) -> None:
    with pytest.raises(ValidationError):
        memory_text(text)


def test_values_are_lines() -> None:
    assert values_from(["A=1", "", "# note", "B=x=y", "C="]) == {"A": "1", "B": "x=y", "C": ""}
    with pytest.raises(ValidationError, match="Line 2"):
        values_from(["A=1", "no sign"])


def filled(own: Team, **fields: Any) -> dict[str, Any]:
    return {"team": own.pk, "name": "web", "target": "any", "image": "nginx:1.27", "restart": "always", **fields}


def image_form(own: Team, **fields: Any) -> ImageForm:
    return ImageForm(filled(own, **fields), teams=Team.objects.all(), hosts=Host.objects.filter(team=own))


def test_a_service_has_what_was_filled_in(team: Team) -> None:
    form = image_form(team, command="serve --name 'a b'", cpus="0.5", memory="256M")
    assert form.is_valid(), form.errors
    assert form.service(Rows()) == {
        "image": "nginx:1.27",
        "restart": "always",
        "command": ["serve", "--name", "a b"],
        "cpus": 0.5,
        "mem_limit": "256m",
    }


@pytest.mark.parametrize(("network", "attribute"), [("shared", {"network_mode": "default"}), ("own", {}), ("", {})])
def test_the_network_is_the_engines_own_only_when_asked(team: Team, network: str, attribute: dict[str, str]) -> None:
    form = image_form(team, network=network)
    assert form.is_valid(), form.errors
    service = form.service(Rows())
    assert {name: value for name, value in service.items() if name.startswith("network")} == attribute


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "Web"),
        ("name", "-web"),
        ("name", ""),
        ("image", ""),
        ("image", "nginx 1.27"),
        ("command", "echo 'open"),
        ("cpus", "-1"),
        ("cpus", "many"),
        ("memory", "1"),
        ("restart", "sometimes"),
        ("network", "moon"),
        ("target", "moon"),
        ("team", "999999"),
    ],
)
def test_a_wrong_field_is_named(team: Team, field: str, value: str) -> None:
    form = image_form(team, **{field: value})
    assert not form.is_valid()
    assert list(form.errors) == [field]


def test_targets_are_the_public_contracts(team: Team, linux_host: Host) -> None:
    anywhere = image_form(team)
    named = image_form(team, target="hosts", hosts=[str(linux_host.pk)])
    labelled = image_form(team, target="labels", host_labels="zone=eu")
    assert all(form.is_valid() for form in (anywhere, named, labelled))
    assert anywhere.targets() == {"any": True}
    assert named.targets() == {"hosts": [str(linux_host.pk)]}
    assert labelled.targets() == {"labels": {"zone": "eu"}}


def test_a_place_without_its_choice_is_refused(team: Team) -> None:
    assert list(image_form(team, target="hosts").errors) == ["hosts"]
    assert list(image_form(team, target="labels").errors) == ["host_labels"]


def test_another_teams_host_cannot_be_chosen(team: Team, other_team: Team, linux_host: Host) -> None:
    form = TargetForm(
        {"team": other_team.pk, "name": "web", "target": "hosts", "hosts": [str(linux_host.pk)]},
        teams=Team.objects.filter(pk=other_team.pk),
        hosts=Host.objects.filter(team=other_team),
    )
    assert "hosts" in form.errors


def test_compose_text_keeps_its_spaces(team: Team) -> None:
    text = "services:\n  web:\n    image: nginx\n"
    data = {**filled(team), "compose": text, "values": "A=1"}
    form = ComposeForm(data, teams=Team.objects.all(), hosts=Host.objects.none())
    assert form.is_valid(), form.errors
    assert form.cleaned_data["compose"] == text
    assert form.cleaned_data["values"] == {"A": "1"}


@pytest.mark.parametrize(("field", "value"), [("uses", "0"), ("uses", "501"), ("ttl_seconds", "5"), ("labels", "A B")])
def test_an_enrolment_has_bounds(team: Team, field: str, value: str) -> None:
    data = {"team": team.pk, "labels": "", "ttl_seconds": "900", "uses": "1", field: value}
    form = EnrolmentForm(data, teams=Team.objects.all())
    assert list(form.errors) == [field]


def test_a_problem_lands_beside_its_field(team: Team) -> None:
    form = image_form(team)
    add_problem(form, Invalid("Bad.", fields={"name": ["Taken."], "elsewhere": ["Odd."]}))
    assert form.errors["name"] == ["Taken."]
    assert form.non_field_errors() == ["Odd."]


def test_a_problem_without_fields_concerns_the_whole_form(team: Team) -> None:
    form = image_form(team)
    add_problem(form, Conflict("It is being removed."))
    assert form.non_field_errors() == ["It is being removed."]
