"""The template tags: icons, state badges, marks, ids, fields, and what they do with names from outside."""

from typing import Any

import pytest
from django import forms
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.template import engines
from django.test import RequestFactory, override_settings

from hosts.models.commands import CommandState
from hosts.models.deployments import DeploymentState, StepState
from hosts.models.hosts import HostState
from hosts.models.mirror import ContainerState
from portal.people.models import AuditEntry
from portal.templatetags import icons, states

LONG_ID = "sha256:4f4fb700ef54461cfa02571ae0db9a0dc1e0cdb5577484a6d75e68dc38e8acc1"


def show(source: str, request: HttpRequest | None = None, **context: Any) -> str:
    return engines["django"].from_string("{% load pierhead %}" + source).render(context, request)


def test_an_icon_is_inline_and_hidden_from_screen_readers() -> None:
    html = show('{% icon "play" size=20 %}')
    assert html.startswith('<svg class="icon" width="20" height="20"')
    assert 'aria-hidden="true"' in html
    assert "<path" in html
    assert "\n" not in html
    assert "license" not in html


def test_an_icon_can_carry_a_class() -> None:
    assert 'class="icon spin"' in show('{% icon "play" classes="spin" %}')


@pytest.mark.parametrize("name", ["no-such-icon", "../package", "play/../stop", "", "PLAY", "a b"])
def test_an_unknown_icon_is_seen_by_developers_and_logged(name: str, caplog: pytest.LogCaptureFixture) -> None:
    with override_settings(DEBUG=True):
        assert "icon-missing" in show("{% icon name %}", name=name)
    assert "icon-missing" not in show("{% icon name %}", name=name)
    assert "no icon named" in caplog.text


def test_without_the_npm_packages_the_remedy_is_named(tmp_path: Any) -> None:
    icons.icon_drawing.cache_clear()
    with override_settings(NODE_MODULES=tmp_path), pytest.raises(ImproperlyConfigured, match="npm ci"):
        show('{% icon "play" %}')
    assert "<path" in show('{% icon "play" %}'), "the failure is not remembered"


def test_a_state_is_icon_word_and_colour() -> None:
    html = show('{% state_badge "running" kind="container" %}')
    assert 'class="badge badge-ok"' in html
    assert "<svg" in html
    assert "Running" in html


def test_a_badge_in_a_page_head_has_a_ground_and_may_have_its_own_word() -> None:
    html = show('{% state_badge "online" kind="host" pill=True word="Online for 3 h" %}')
    assert "badge-pill" in html
    assert "Online for 3 h" in html


def test_enum_members_and_their_values_look_the_same() -> None:
    member = show('{% state_badge state kind="host" %}', state=HostState.STALE)
    assert member == show('{% state_badge "stale" kind="host" %}')
    assert "Stale" in member


@pytest.mark.parametrize("state", ["exploded", "", None, 7])
def test_an_unknown_state_is_shown_as_unknown(state: object) -> None:
    assert "Unknown" in show('{% state_badge state kind="container" %}', state=state)


def test_no_healthcheck_is_said_and_not_called_unknown() -> None:
    assert "No healthcheck" in show('{% state_badge "" kind="health" %}')
    assert "No healthcheck" in show('{% state_badge none kind="health" %}', none=None)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("host", HostState.values),
        ("container", ContainerState.values),
        ("deployment", DeploymentState.values),
        ("command", CommandState.values),
        ("step", StepState.values),
        ("audit", AuditEntry.Result.values),
        ("health", ["starting", "healthy", "unhealthy", ""]),
    ],
)
def test_every_state_of_the_tables_has_a_look(kind: str, values: list[str]) -> None:
    assert [value for value in values if states.look_of(value, kind) is states.UNKNOWN] == []


def test_a_kind_that_nobody_knows_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        states.look_of("running", "spaceship")


def test_words_and_icons_of_a_state_alone() -> None:
    assert show('{% state_word "done" %}') == "Done"
    assert "spin" in show('{% state_icon "running" %}')


def test_a_badge_without_a_table() -> None:
    assert "badge-warn" in show('{% badge "warn" "triangle-alert" "Update available" %}')


@pytest.mark.parametrize(
    ("os", "words", "expected"),
    [("linux", "", "Linux"), ("windows", "", "Windows"), ("", "", "unknown"), ("linux", "Debian 12", "Debian 12")],
)
def test_marks_of_systems(os: str, words: str, expected: str) -> None:
    assert expected in show("{% os_mark os words %}", os=os, words=words)


@pytest.mark.parametrize(
    ("name", "letters"),
    [("nginx", "ng"), ("pier-1", "p1"), ("Ada Lovelace", "AL"), ("library/redis", "lr"), ("", "?"), ("-", "?")],
)
def test_a_monogram_is_two_letters_on_a_steady_colour(name: str, letters: str) -> None:
    first = show("{% monogram name %}", name=name)
    assert f">{letters}</span>" in first
    assert first == show("{% monogram name %}", name=name)


def test_ids_are_short_whole_on_hover_and_copyable() -> None:
    html = show("{% short_id_copy value %}", value=LONG_ID)
    assert ">4f4fb700ef54</abbr>" in html
    assert f'title="{LONG_ID}"' in html
    assert f'data-copy="{LONG_ID}"' in html
    assert show("{% short_id_copy value %}", value="") == "—"


@pytest.mark.parametrize(
    "source",
    [
        "{% short_id_copy value %}",
        "{% monogram value %}",
        '{% state_badge "running" word=value %}',
        '{% badge "ok" "check" value %}',
        '{% os_mark "linux" value %}',
        "{% copy_button value value %}",
        "{{ value|image_short }}",
        "{{ value|short_id }}",
    ],
)
def test_names_from_outside_cannot_bring_markup(source: str) -> None:
    html = show(source, value='"><script>alert(1)</script>')
    assert "<script>" not in html
    assert '="">' not in html


@pytest.mark.parametrize(
    ("cookie", "expected"),
    [("dark", ' data-theme="dark"'), ("light", ' data-theme="light"'), ("", ""), ('"><script>', ""), ("pink", "")],
)
def test_the_theme_is_drawn_by_the_server(cookie: str, expected: str) -> None:
    request = RequestFactory().get("/")
    request.COOKIES["pierhead_theme"] = cookie
    assert show("{% theme_attribute %}", request) == expected


@pytest.mark.parametrize(
    ("path", "current"), [("/hosts/", True), ("/hosts/add/", True), ("/", False), ("/hostile/", False)]
)
def test_the_navigation_marks_where_one_is(path: str, current: bool) -> None:
    html = show('{% nav_link "/hosts/" "server" "Hosts" %}', RequestFactory().get(path))
    assert ('aria-current="page"' in html) is current


def test_home_is_current_on_itself_alone() -> None:
    assert "aria-current" in show('{% nav_link "/" "house" "Home" %}', RequestFactory().get("/"))
    assert "aria-current" not in show('{% nav_link "/" "house" "Home" %}', RequestFactory().get("/hosts/"))


class SampleForm(forms.Form):
    name = forms.CharField(help_text="Lower case.")
    note = forms.CharField(required=False)
    agree = forms.BooleanField(required=False)


def test_a_field_ties_label_help_and_errors_to_its_control() -> None:
    html = show("{% field form.name %}", form=SampleForm({"name": ""}))
    assert '<label for="id_name">Name</label>' in html
    assert 'aria-describedby="id_name_help id_name_errors"' in html
    assert 'aria-invalid="true"' in html
    assert 'id="id_name_help">Lower case.' in html
    assert 'id="id_name_errors"' in html
    assert "This field is required." in html
    assert 'class="field invalid"' in html


def test_a_field_that_may_stay_empty_says_so() -> None:
    assert "(optional)" in show("{% field form.note %}", form=SampleForm())
    assert "(optional)" not in show("{% field form.name %}", form=SampleForm())


def test_a_check_has_its_words_after_it() -> None:
    html = show("{% field form.agree %}", form=SampleForm())
    assert html.index("<input") < html.index("<label")


def test_a_label_can_be_given_by_the_page() -> None:
    assert "Service name" in show('{% field form.name label="Service name" classes="wide" %}', form=SampleForm())
