"""Files of a container in the page: look, read, take out, put in."""

import hashlib
import http.client
import os
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from playwright.sync_api import Page, expect

from .conftest import WEB, House, visit

pytestmark = [pytest.mark.browser, pytest.mark.engine, pytest.mark.registry]

SOON_MS = 20_000
MB = 1024 * 1024


def test_look_read_take_and_put(page: Page, tidy: House, tmp_path: Path, picture: Callable[[Page, str], Path]) -> None:
    image = f"{tidy.registry.netloc}/{WEB}:1"
    script = "mkdir -p /data/sub; echo hello file > /data/a.txt; sleep 600"
    cid = tidy.engine.docker("run", "-d", "--name", "filed", image, "/bin/sh", "-c", script).strip()
    visit(page, f"/hosts/{tidy.host_id}/containers/{cid}/files/?path=/data")
    files = page.locator("#files")
    expect(files.get_by_role("link", name="a.txt", exact=True)).to_be_visible(timeout=SOON_MS)
    expect(files.get_by_role("link", name="sub", exact=True)).to_be_visible()
    picture(page, "files")
    with page.expect_download() as taken:
        files.get_by_label("Download a.txt").click()
    assert taken.value.path().read_bytes() == b"hello file\n"
    content = bytes(range(256)) * 5000
    (tmp_path / "new ä.bin").write_bytes(content)
    page.get_by_label("File", exact=True).set_input_files(tmp_path / "new ä.bin")
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(files.get_by_role("link", name="new ä.bin", exact=True)).to_be_visible(timeout=SOON_MS)
    assert tidy.engine.docker("exec", "filed", "wc", "-c", "/data/new ä.bin").split()[0] == str(len(content))
    files.get_by_role("link", name="a.txt", exact=True).click()
    expect(files.locator("pre")).to_contain_text("hello file", timeout=SOON_MS)


def taken_slowly(page: Page, house: House, path: str) -> tuple[str, int]:
    """(sha256 of what came, the most bytes by which the node grew) for a reader that stops for a while."""
    node = house.portal.process("node")
    before = most = node.memory_info().rss
    digest = hashlib.sha256()
    connection = http.client.HTTPConnection(urlsplit(house.portal.url).netloc, timeout=60)
    cookies = "; ".join(f"{one['name']}={one['value']}" for one in page.context.cookies())
    connection.request("GET", path, headers={"Cookie": cookies})
    answer = connection.getresponse()
    assert answer.status == 200
    digest.update(answer.read(MB))
    for _ in range(40):  # the reader takes nothing
        time.sleep(0.05)
        most = max(most, node.memory_info().rss)
    while piece := answer.read(MB):
        digest.update(piece)
        most = max(most, node.memory_info().rss)
    connection.close()
    return digest.hexdigest(), most - before


def test_a_large_file_is_taken_without_being_kept(page: Page, tidy: House) -> None:
    image = f"{tidy.registry.netloc}/{WEB}:1"
    cid = tidy.engine.docker("run", "-d", "--name", "large", image, "sleep", "600").strip()
    script = "head -c 200000000 /dev/urandom > /large && sha256sum /large"
    expected = tidy.engine.docker("exec", "large", "sh", "-c", script, timeout=120).split()[0]
    found, grown = taken_slowly(page, tidy, f"/hosts/{tidy.host_id}/containers/{cid}/files/download/?path=/large")
    assert found == expected
    assert grown < 60 * MB


def _large(path: Path, size: int) -> str:
    """A file of `size` bytes that repeat nowhere near; its sha256."""
    digest, block = hashlib.sha256(), os.urandom(MB)
    with path.open("wb") as file:
        for number in range(size // MB):
            piece = number.to_bytes(8, "big") + block[8:]
            digest.update(piece)
            file.write(piece)
    return digest.hexdigest()


def _most_of(node: psutil.Process, until: Callable[[], bool]) -> int:
    """The most memory that the process had, looked at until it is time."""
    most, deadline = 0, time.monotonic() + 120
    while not until():
        assert time.monotonic() < deadline, "it takes too long"
        most = max(most, node.memory_info().rss)
    return most


def test_files_beyond_what_a_form_takes_are_put_in(
    page: Page, tidy: House, tmp_path: Path, picture: Callable[[Page, str], Path]
) -> None:
    image = f"{tidy.registry.netloc}/{WEB}:1"
    cid = tidy.engine.docker("run", "-d", "--name", "taking", image, "/bin/sh", "-c", "mkdir /in; sleep 600").strip()
    expected = _large(tmp_path / "large.bin", 80 * MB)
    (tmp_path / "second.txt").write_text("second")
    visit(page, f"/hosts/{tidy.host_id}/containers/{cid}/files/?path=/in")
    node = tidy.portal.process("node")
    before = node.memory_info().rss
    page.get_by_label("File", exact=True).set_input_files([tmp_path / "large.bin", tmp_path / "second.txt"])
    page.get_by_role("button", name="Upload", exact=True).click()
    uploads = page.locator("#uploads .upload")
    expect(uploads).to_have_count(2)
    most = _most_of(node, lambda: uploads.nth(0).get_attribute("data-state") not in ("waiting", "under-way"))
    expect(uploads.nth(0).locator("[data-text]")).to_have_text("Written · 83.9 MB", timeout=SOON_MS)
    expect(uploads.nth(1).locator("[data-text]")).to_contain_text("Written", timeout=SOON_MS)
    for name in ("large.bin", "second.txt"):
        expect(page.locator("#files").get_by_role("link", name=name, exact=True)).to_be_visible(timeout=SOON_MS)
    picture(page, "upload")
    assert tidy.engine.docker("exec", "taking", "sha256sum", "/in/large.bin", timeout=120).split()[0] == expected
    assert tidy.engine.docker("exec", "taking", "cat", "/in/second.txt") == "second"
    assert most - before < 60 * MB


def test_an_upload_is_cancelled(page: Page, tidy: House, tmp_path: Path) -> None:
    image = f"{tidy.registry.netloc}/{WEB}:1"
    cid = tidy.engine.docker("run", "-d", "--name", "spared", image, "/bin/sh", "-c", "mkdir /in; sleep 600").strip()
    with (tmp_path / "endless.bin").open("wb") as file:
        file.truncate(20_000 * MB)  # a hole: no disk is used
    visit(page, f"/hosts/{tidy.host_id}/containers/{cid}/files/?path=/in")
    page.get_by_label("File", exact=True).set_input_files(tmp_path / "endless.bin")
    page.get_by_role("button", name="Upload", exact=True).click()
    upload = page.locator("#uploads .upload")
    expect(upload.locator("[data-text]")).to_contain_text("/s", timeout=SOON_MS)
    upload.get_by_role("button", name="Cancel this upload").click()
    expect(upload.locator("[data-text]")).to_contain_text("Cancelled", timeout=SOON_MS)
    expect(upload.get_by_role("button")).to_be_hidden()
