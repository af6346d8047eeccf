"""`.env`, env_file and label_file: quotes, remarks, interpolation, precedence, what is refused."""

import pytest

from gallery.compose.dotenv import read_dotenv
from gallery.compose.errors import ComposeInvalid
from gallery.compose.parse import load_project
from gallery.compose.sources import Sources

TEXT = r"""
# a remark
PLAIN=one two
export EXPORTED=yes
EMPTY=
REMARKED=value # said so
HASH=a#b
YAML: style
SINGLE='as ${IT} \n is' # a remark
DOUBLE="tab\tand ${PLAIN}, \$PLAIN and \"quotes\""
LINES="one
two"
LATER=${DOUBLE:+there} ${NOTHING:-default}
GIVEN
ABSENT
DOTTED.name-x=1
"""


def test_reads_every_form() -> None:
    found, refusals = read_dotenv(TEXT, {"GIVEN": "from outside"}, "a.env")
    assert refusals == []
    assert found == {
        "PLAIN": "one two",
        "EXPORTED": "yes",
        "EMPTY": "",
        "REMARKED": "value",
        "HASH": "a#b",
        "YAML": "style",
        "SINGLE": r"as ${IT} \n is",
        "DOUBLE": 'tab\tand one two, $PLAIN and "quotes"',
        "LINES": "one\ntwo",
        "LATER": "there default",
        "GIVEN": "from outside",
        "DOTTED.name-x": "1",
    }


def test_raw_values_are_taken_as_they_stand() -> None:
    found, refusals = read_dotenv("A='x' # y\nB=$C=\n", {}, "a.env", raw=True)
    assert (found, refusals) == ({"A": "'x' # y", "B": "$C="}, [])


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("A=1\n!!\n", 2, "“!!” is not NAME=value."),
        ("A=1\n\nB='open\n", 3, "A quote is not closed."),
        ("A='x'y\n", 1, "“y” stands behind the closing quote."),
        ("A=${B}\n", 1, "B has no value."),
        ("A=${\n", 1, "is not closed"),
        ("A B\n", 1, "“A B” is not NAME=value."),
    ],
)
def test_refuses_with_the_line(text: str, line: int, message: str) -> None:
    _, refusals = read_dotenv(text, {}, "a.env")
    assert message in refusals[0].message
    assert (refusals[0].file, refusals[0].line) == ("a.env", line)


def test_doubling_values_are_bounded() -> None:
    lines = ["A0=" + "x" * 1000]
    lines += [f"A{number}=${{A{number - 1}}}${{A{number - 1}}}" for number in range(1, 60)]
    _, refusals = read_dotenv("\n".join(lines), {}, "bomb.env")
    assert "too long" in refusals[0].message


def web(attributes: str, files: dict[str, str], **values: str) -> dict[str, str]:
    text = f"services: {{web: {{image: x, {attributes}}}}}"
    return dict(
        load_project(Sources({"compose.yaml": text, **files}, values=values), "demo").service("web").environment
    )


def test_precedence_of_environment_over_env_files_in_their_order() -> None:
    files = {"one.env": "A=1\nB=1\nC=1\n", "sub/two.env": "B=2\nC=2\n"}
    assert web("env_file: [one.env, ./sub/two.env], environment: [C=3]", files) == {"A": "1", "B": "2", "C": "3"}
    assert web("env_file: one.env, environment: {A: }", files) == {"A": "1", "B": "1", "C": "1"}


def test_the_project_s_dotenv_gives_values_and_is_overridden() -> None:
    files = {".env": "TAG=dotenv\nOTHER=${TAG}-x\n"}
    assert web("environment: {T: '${TAG}', O: '${OTHER}'}", files) == {"T": "dotenv", "O": "dotenv-x"}
    assert web("environment: {T: '${TAG}'}", files, TAG="given") == {"T": "given"}


def test_long_form() -> None:
    files = {"raw.env": "A='$x'\n"}
    assert web("env_file: [{path: raw.env, format: raw}]", files) == {"A": "'$x'"}
    assert web("env_file: [{path: absent.env, required: false}, raw.env]", {"raw.env": "A='$x'"}) == {"A": "$x"}


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ("env_file: absent.env", "There is no file “absent.env”"),
        ("env_file: [{required: false}]", "“path”, the file, is missing"),
        ("env_file: [{path: a.env, format: json}]", "is not one of raw"),
        ("env_file: bad.env", "is not NAME=value"),
        ("label_file: absent", "There is no file “absent”"),
    ],
)
def test_refuses(attributes: str, message: str) -> None:
    with pytest.raises(ComposeInvalid) as caught:
        web(attributes, {"a.env": "A=1", "bad.env": "??"})
    assert any(message in one.message for one in caught.value.refusals)


def test_a_bad_dotenv_is_refused_with_its_line() -> None:
    with pytest.raises(ComposeInvalid) as caught:
        web("user: x", {".env": "A=1\n?\n"})
    assert str(caught.value.refusals[0]).startswith(".env, line 2, column 1: “?” is not NAME=value.")


def test_label_files_stand_under_labels() -> None:
    text = "services: {web: {image: x, label_file: [l.env], labels: {b: own}}}"
    sources = Sources({"compose.yaml": text, "l.env": "a=1\nb=2\n"})
    assert load_project(sources, "demo").service("web").labels == {"a": "1", "b": "own"}
