"""A package is installed only when it is the portal's own, whole, and what it says it is."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from nacl.signing import SigningKey

from engine_agent.protocol.package import PackageFile
from engine_agent.update.stage import Fetch, fetch_all, fits, package_check
from engine_agent.work.outcome import Failure
from tests.agent.update.packages import PUBLIC, package_file, signed

WHEEL = "pierhead_engine_agent-0.2.0-py3-none-any.whl"
FILE = package_file(WHEEL, b"wheel")


def serving(content: dict[str, bytes]) -> Fetch:
    @contextlib.asynccontextmanager
    async def fetch(path: str) -> AsyncIterator[AsyncIterator[bytes]]:
        async def pieces() -> AsyncIterator[bytes]:
            for at in range(0, len(content[path]), 3):
                yield content[path][at : at + 3]

        yield pieces()

    return fetch


def code_of(call: object) -> str:
    with pytest.raises(Failure) as caught:
        call()  # type: ignore[operator]
    return caught.value.code


def test_the_portals_own_package_is_taken() -> None:
    package_check(signed("0.2.0", FILE), PUBLIC)


def test_another_key_or_a_changed_package_is_not() -> None:
    forged = signed("0.2.0", FILE, key=SigningKey(b"x" * 32))
    assert code_of(lambda: package_check(forged, PUBLIC)) == "package-untrusted"
    good = signed("0.2.0", FILE)
    newer = type(good)("0.3.0", good.files, good.signature)
    assert code_of(lambda: package_check(newer, PUBLIC)) == "package-untrusted"
    swapped = type(good)("0.2.0", (package_file(WHEEL, b"other"),), good.signature)
    assert code_of(lambda: package_check(swapped, PUBLIC)) == "package-untrusted"
    assert code_of(lambda: package_check(good, b"")) == "package-untrusted"


@pytest.mark.parametrize("name", ["../x.whl", "/x.whl", "x.tar.gz", "x/y.whl"])
def test_a_file_that_is_no_wheel_is_refused(name: str) -> None:
    wish = signed("0.2.0", package_file(name, b"x"))
    assert code_of(lambda: package_check(wish, PUBLIC)) == "package-untrusted"


def test_a_package_that_is_empty_or_huge_is_refused() -> None:
    assert code_of(lambda: package_check(signed("0.2.0"), PUBLIC)) == "package-untrusted"
    huge = signed("0.2.0", PackageFile(WHEEL, "/x", "0" * 64, 2**30))
    assert code_of(lambda: package_check(huge, PUBLIC)) == "package-untrusted"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a-1-py3-none-any.whl", True),
        ("a-1-cp311-cp311-manylinux2014_x86_64.whl", True),
        ("a-1-cp312-cp312-manylinux2014_x86_64.whl", False),
        ("a-1-cp38-abi3-manylinux_2_28_x86_64.whl", True),
        ("a-1-cp311-cp311-manylinux2014_aarch64.whl", False),
        ("a-1-cp311-cp311-win_amd64.whl", False),
        ("a.whl", False),
    ],
)
def test_which_wheels_are_for_here(name: str, expected: bool) -> None:
    assert fits(name, ("_x86_64",), (3, 11)) is expected


async def test_files_are_fetched_once_and_only_as_signed(tmp_path: Path) -> None:
    await fetch_all((FILE,), tmp_path, serving({FILE.path: b"wheel"}))
    assert (tmp_path / WHEEL).read_bytes() == b"wheel"
    await fetch_all((FILE,), tmp_path, serving({}))


@pytest.mark.parametrize("content", [b"wheeI", b"whee", b"wheel and more" * 1000, b""])
async def test_a_file_that_comes_otherwise_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(Failure, match="did not come as it was signed"):
        await fetch_all((FILE,), tmp_path, serving({FILE.path: content}))
    assert not (tmp_path / WHEEL).exists()
