"""What is offered for completion is what the readers know, and all of what a service may have."""

import pytest

from gallery.compose import refused
from gallery.compose.attributes import ATTRIBUTES
from gallery.compose.service import JOINED
from gallery.compose.vocabulary import NAMES, VALUES

from .probes import given, outcome, texts


def test_every_attribute_of_a_service_is_offered_and_no_refused_one() -> None:
    assert set(NAMES["services.*"]) == set(ATTRIBUTES) | set(JOINED)
    assert not set(NAMES["services.*"]) & set(refused.SERVICE)


@pytest.mark.parametrize("path", [path for path in NAMES if path])
def test_offered_names_are_known(path: str) -> None:
    for name in NAMES[path]:
        whole = f"{path}.{name}"
        try:
            value = given(whole)
        except KeyError:
            value = None  # it has attributes of its own
        _, why = outcome(texts(whole, value)[0])
        assert f"“{name}” is no attribute" not in why, (whole, why)


@pytest.mark.parametrize("path", list(VALUES))
def test_offered_values_are_taken(path: str) -> None:
    for value in VALUES[path]:
        value = f"{value}db" if value.endswith(":") else value
        project, why = outcome(texts(path, value)[0])
        if project is None:
            assert "is not one of" not in why, (path, value, why)
