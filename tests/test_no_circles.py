"""No file of the product imports, by whatever way round, a file that imports it; imports inside functions count too."""

from graphlib import CycleError, TopologicalSorter

import grimp
import pytest

ROOMS = ("portal", "gallery", "hosts", "engine_agent")


def circle_in(imports: dict[str, set[str]]) -> list[str]:
    """The files of one circle, the first one again at the end; [] when there is none."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_the_house_has_no_circle() -> None:
    graph = grimp.build_graph(*ROOMS, cache_dir=None)
    imports = {name: set(graph.find_modules_directly_imported_by(name)) for name in graph.modules}
    assert len(imports) > 500, "the graph is not that of the whole house"
    found = circle_in(imports)
    assert not found, " imports ".join(reversed(found))


@pytest.mark.parametrize(
    ("imports", "length"),
    [
        ({"a": {"b"}, "b": {"c"}, "c": set()}, 0),
        ({"a": {"b"}, "b": {"a"}}, 3),
        ({"a": {"b"}, "b": {"c"}, "c": {"a"}}, 4),
    ],
)
def test_a_circle_is_found(imports: dict[str, set[str]], length: int) -> None:
    assert len(circle_in(imports)) == length
