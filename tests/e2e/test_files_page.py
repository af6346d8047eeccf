"""Files of a container in the page: look, read, take out, put in."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .conftest import WEB, House, visit

pytestmark = [pytest.mark.browser, pytest.mark.engine, pytest.mark.registry]

SOON_MS = 20_000


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
