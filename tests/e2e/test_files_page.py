"""Files of a container in the page: look, read, take out, put in."""

import hashlib
import http.client
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

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
    page.get_by_role("button", name="Upload").click()
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
