"""The public paths of containers: the mirror, actions, logs."""

from typing import Any

import pytest

from hosts.api.containers import moment_of
from hosts.api.follow import follow_log
from hosts.models import Container, Host
from hosts.selectors.containers import LogText
from portal.people.access import portal_actor
from portal.people.models import User
from portal.problems import Invalid, Problem, Unavailable
from tests.hosts.answers import Api, answer


@pytest.mark.parametrize("name", ["web", "ab12", "ab12" + "0" * 60])
def test_a_container_by_name_prefix_or_id(viewer: User, web: Container, api_of: Api, name: str) -> None:
    found = answer(api_of(viewer).get(f"hosts/{web.host_id}/containers/{name}"))
    assert (found["id"], found["host_name"], found["state"]) == (web.cid, "linux-host", "running")
    assert found["ports"] == [{"address": "0.0.0.0", "published": 8080, "target": 80, "protocol": "tcp"}]


@pytest.mark.parametrize("name", ["ab", "other", "zz99"])
def test_containers_that_are_not_there(viewer: User, web: Container, api_of: Api, name: str) -> None:
    problem = answer(api_of(viewer).get(f"hosts/{web.host_id}/containers/{name}"), 404)
    assert problem["code"] == "container-not-found"


@pytest.mark.parametrize(
    ("query", "count"), [("", 1), ("?q=we", 1), ("?state=exited", 0), ("?project=shop", 0), ("?q=nginx", 1)]
)
def test_filters_of_containers(viewer: User, web: Container, api_of: Api, query: str, count: int) -> None:
    assert len(answer(api_of(viewer).get(f"hosts/{web.host_id}/containers{query}"))["items"]) == count


@pytest.mark.parametrize("action", ["start", "stop", "restart", "kill"])
def test_actions_answer_with_a_command(deployer: User, web: Container, api_of: Api, action: str) -> None:
    client = api_of(deployer)
    command = answer(client.post(f"hosts/{web.host_id}/containers/web/{action}"), 202)
    assert (command["state"], command["summary"]) == ("queued", f"{action.capitalize()} web")
    assert answer(client.get(f"commands/{command['id']}"))["created_by"] == deployer.label


def test_a_grace_is_passed_on_and_checked(deployer: User, web: Container, api_of: Api) -> None:
    path = f"hosts/{web.host_id}/containers/web/stop"
    answer(api_of(deployer).post(path, {"timeout": 3}), 202)
    assert answer(api_of(deployer).post(path, {"timeout": -3}), 422)["errors"]["timeout"]
    assert answer(api_of(deployer).post(path, {"grace": 3}), 422)["errors"]["grace"]


def test_a_running_container_is_removed_by_force_only(deployer: User, web: Container, api_of: Api) -> None:
    path = f"hosts/{web.host_id}/containers/web"
    assert answer(api_of(deployer).delete(path), 409)["code"] == "container-running"
    assert answer(api_of(deployer).delete(f"{path}?force=true"), 202)["kind"] == "container_action"


def test_a_host_that_is_away_cannot_be_asked(deployer: User, web: Container, api_of: Api) -> None:
    Host.objects.update(link="")
    problem = answer(api_of(deployer).get(f"hosts/{web.host_id}/containers/web/logs"), 503)
    assert problem["code"] == "host-away"
    assert "linux-host" in problem["detail"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("", 0), ("1700000000", 1.7e9), ("1700000000.5", 1.7000000005e9), ("2023-11-14T22:13:20Z", 1.7e9), ("-5", 0)],
)
def test_moments(text: str, seconds: float) -> None:
    assert moment_of(text) == seconds


@pytest.mark.parametrize("text", ["yesterday", "2023-99-99T00:00:00Z"])
def test_senseless_moments(text: str) -> None:
    with pytest.raises(Invalid):
        moment_of(text)


async def lines_of(answers: list[LogText | Problem], **wishes: Any) -> tuple[list[str], list[tuple[int, float]]]:
    asked: list[tuple[int, float]] = []

    def ask(tail: int, since: float) -> LogText:
        asked.append((tail, since))
        found = answers.pop(0) if answers else LogText("")
        if isinstance(found, Problem):
            raise found
        return found

    stream = follow_log(
        actor=portal_actor(),
        container=Container(),
        tail=10,
        since=0,
        ask=ask,
        pause=0.01,
        **({"timestamps": False, "seconds": 0.2} | wishes),
    )
    pieces = [piece.decode() async for piece in stream]
    assert pieces[0] == ""
    return pieces[1:], asked


async def test_a_followed_log_gives_each_line_once() -> None:
    one = "2023-11-14T22:13:20.000000001Z first"
    two = "2023-11-14T22:13:21.5Z second"
    lines, asked = await lines_of([LogText(f"{one}\n"), LogText(f"{one}\n{two}\n"), LogText(f"{two}\n")])
    assert lines == ["first\n", "second\n"]
    assert asked[0][0] == 10
    assert [since for _, since in asked[:3]] == [0, 1_700_000_000.0, 1_700_000_001.5]


async def test_a_followed_log_may_keep_its_time_stamps() -> None:
    line = "2023-11-14T22:13:20Z first"
    assert (await lines_of([LogText(line)], timestamps=True))[0] == [f"{line}\n"]


async def test_a_followed_log_says_why_it_ends() -> None:
    lines, _ = await lines_of([LogText("2023-11-14T22:13:20Z first"), Unavailable("It went away.")])
    assert lines[-1] == "[A part did not answer: It went away.]\n"
