"""install.ps1, read by a parser of PowerShell, since nothing here can run it."""

from collections.abc import Iterator

import pytest
import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

from hosts.agent_package.scripts import install_script

PARSER = Parser(Language(tree_sitter_powershell.language()))


def rendered(portal: str = "https://portal.example") -> str:
    return install_script("ps1", portal=portal, requirements="h11==0.16.0\n")


def nodes(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from nodes(child)


def faults(text: str) -> list[str]:
    """Pieces of the script that are no PowerShell."""
    found = nodes(PARSER.parse(text.encode()).root_node)
    return [(node.text or b"").decode() or node.type for node in found if node.is_error or node.is_missing]


def assigned(text: str, kind: str) -> set[str]:
    """Names of variables in nodes of a kind, lower case: the language does not tell them apart."""
    names = set()
    for node in nodes(PARSER.parse(text.encode()).root_node):
        if node.type == kind:
            variable = next((one for one in nodes(node) if one.type == "variable"), None)
            if variable is not None and variable.text:
                names.add(variable.text.decode().lower())
    return names


@pytest.mark.parametrize("portal", ["https://portal.example", "https://it's.example:8443", "http://127.0.0.1:8000"])
def test_it_is_powershell(portal: str) -> None:
    assert faults(rendered(portal)) == []


def test_what_is_no_powershell_is_noticed() -> None:
    assert faults(rendered().replace("} finally {", "finally {{", 1))


def test_no_parameter_is_overwritten_under_another_spelling() -> None:
    """A parameter has a type: what is assigned to it becomes text, and `$python[0]` a single letter."""
    text = rendered()
    parameters = assigned(text, "script_parameter")
    assert "$python" in parameters
    assert not parameters & assigned(text, "left_assignment_expression")


def test_secrets_never_go_on_a_command_line() -> None:
    """Other users of a machine can see command lines."""
    text = rendered()
    assert '"--token", "-"' in text
    assert "$Token | & $agent" in text


def test_everything_is_checked_against_a_digest() -> None:
    text = rendered()
    assert "Get-FileHash -Algorithm SHA256" in text
    assert "--require-hashes" in text
    assert "-SkipCertificateCheck" not in text
