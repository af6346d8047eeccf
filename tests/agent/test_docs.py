"""The pages about agent and wire name everything there is."""

import re
from pathlib import Path

import pytest

from engine_agent import cli, problems
from engine_agent.protocol import bodies, messages
from engine_agent.work import words

DOCS = Path(__file__).resolve().parents[2] / "docs"
WIRE = (DOCS / "wire.md").read_text("utf-8")
AGENT = (DOCS / "agent.md").read_text("utf-8")
SOURCES = Path(cli.__file__).parent


def tagged(module: object) -> list[tuple[str, str]]:
    """Every tagged struct of a module and its tag."""
    found = []
    for name, value in vars(module).items():
        config = getattr(value, "__struct_config__", None)
        if config is not None and config.tag is not None and getattr(value, "__module__", "") == module.__name__:  # type: ignore[attr-defined]
            found.append((name, str(config.tag)))
    return found


@pytest.mark.parametrize(("name", "tag"), tagged(messages) + tagged(bodies))
def test_every_message_has_its_line(name: str, tag: str) -> None:
    assert re.search(rf"^\| {name} \| `{tag}` \|", WIRE, re.MULTILINE)


def codes() -> list[str]:
    """Every code that the agent's own modules give a failure or an answer."""
    found = {meaning.code for meaning in words.MEANINGS}
    for path in (SOURCES / "work").glob("*.py"):
        text = path.read_text("utf-8")
        found |= set(re.findall(r'(?:Failure\([^)]*?|code=|_failed\()\s*"([a-z]+(?:-[a-z]+)+)"', text, re.DOTALL))
    return sorted(found)


@pytest.mark.parametrize("code", codes())
def test_every_code_is_listed(code: str) -> None:
    assert f"`{code}`" in WIRE


def test_every_option_is_listed() -> None:
    options = re.findall(r'add_argument\(\s*"(--[a-z-]+)"', Path(cli.__file__).read_text("utf-8"))
    assert len(options) > 5
    for option in set(options) - {"--version"}:
        assert f"{option}" in AGENT, option


def test_every_exit_code_is_listed() -> None:
    kinds = [kind for kind in vars(problems).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    for code in {getattr(kind, "exit_code", 1) for kind in kinds}:
        assert re.search(rf"^\| {code} \|", AGENT, re.MULTILINE), code
