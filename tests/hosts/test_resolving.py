"""Asking a registry once for all that one page does with an image."""

import pytest

from gallery.images import ResolvedImage
from gallery.problems import TagNotFound
from gallery.sources import ANONYMOUS, Access
from hosts.services.resolving import asked_once
from tests.hosts.shapes import DIGEST, manifests


class Registry:
    """Counts what it is asked; knows app:1 and nothing else."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def __call__(self, reference: str, access: Access = ANONYMOUS) -> ResolvedImage:
        self.asked.append((reference, access.username))
        if not reference.endswith(("app:1", "app", "app:latest")):
            raise TagNotFound(f"There is no {reference}.")
        return ResolvedImage(reference, DIGEST, manifests("linux/amd64"))


def test_the_same_question_is_put_once() -> None:
    registry = Registry()
    ask = asked_once(registry)
    assert ask("app:1") == ask("app:1", ANONYMOUS)
    assert registry.asked == [("app:1", "")]


def test_the_same_image_in_other_words_is_the_same_question() -> None:
    registry = Registry()
    ask = asked_once(registry)
    assert ask("app").index_digest == ask("app:latest").index_digest == ask("docker.io/library/app").index_digest
    assert len(registry.asked) == 1


def test_each_account_asks_for_itself() -> None:
    registry = Registry()
    ask = asked_once(registry)
    ask("app:1")
    ask("app:1", Access("k", "robot", "secret"))
    assert registry.asked == [("app:1", ""), ("app:1", "robot")]


def test_a_refusal_is_remembered_as_well() -> None:
    registry = Registry()
    ask = asked_once(registry)
    for _again in range(2):
        with pytest.raises(TagNotFound, match="no app:2"):
            ask("app:2")
    assert registry.asked == [("app:2", "")]


def test_another_page_asks_anew() -> None:
    registry = Registry()
    asked_once(registry)("app:1")
    asked_once(registry)("app:1")
    assert len(registry.asked) == 2
