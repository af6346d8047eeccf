"""Every page and every live part opens for who may see it, and is not there for a stranger."""

import pytest
from django.test import Client

from hosts.models import Application, Deployment, Host

from .conftest import CID

PAGES = [
    "/hosts/",
    "/hosts/rows/",
    "/hosts/{host}/",
    "/hosts/{host}/head/?part=title",
    "/hosts/{host}/head/?part=head&tab=images",
    "/hosts/{host}/overview/",
    "/hosts/{host}/containers/",
    "/hosts/{host}/containers-rows/?q=shop&state=running",
    "/hosts/{host}/images/",
    "/hosts/{host}/images/rows/",
    "/hosts/{host}/networks/",
    "/hosts/{host}/networks/rows/",
    "/hosts/{host}/volumes/",
    "/hosts/{host}/volumes-rows/",
    "/hosts/{host}/containers/{cid}/",
    "/hosts/{host}/containers/{cid}/facts/",
    "/applications/",
    "/applications/rows/",
    "/applications/{application}/",
    "/applications/{application}/content/",
    "/applications/{application}/content/?part=title",
    "/applications/{application}/revisions/1/",
    "/deployments/{deployment}/",
    "/deployments/{deployment}/timeline/",
]


@pytest.fixture
def names(full_host: Host, shop: Application, running_deployment: Deployment) -> dict[str, str]:
    ids = {"host": full_host.pk, "application": shop.pk, "deployment": running_deployment.pk, "cid": CID}
    return {name: str(value) for name, value in ids.items()}


@pytest.mark.parametrize("path", PAGES)
def test_page_opens_for_a_viewer(path: str, names: dict[str, str], as_viewer: Client) -> None:
    response = as_viewer.get(path.format_map(names))
    assert response.status_code == 200
    assert "{%" not in response.content.decode()


@pytest.mark.parametrize("path", [path for path in PAGES if "{" in path])
def test_page_is_not_there_for_a_stranger(path: str, names: dict[str, str], as_stranger: Client) -> None:
    response = as_stranger.get(path.format_map(names))
    gone = response.status_code == 200 and "is gone" in response.content.decode()
    assert response.status_code == 404 or gone or "Removed" in response.content.decode()
    assert "shop" not in response.content.decode()


@pytest.mark.parametrize("path", ["/hosts/", "/applications/"])
def test_list_shows_a_stranger_nothing_of_ours(path: str, names: dict[str, str], as_stranger: Client) -> None:
    text = as_stranger.get(path).content.decode()
    assert "shop" not in text
    assert "linux-host" not in text


@pytest.mark.parametrize("path", PAGES)
def test_page_has_no_inline_script_or_style(path: str, names: dict[str, str], as_viewer: Client) -> None:
    text = as_viewer.get(path.format_map(names)).content.decode()
    assert " style=" not in text
    assert " onclick=" not in text
    assert "<script>" not in text
