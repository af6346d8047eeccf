"""A one-time token makes a machine a host, once."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from engine_agent.protocol import enrolment_bytes, sign
from hosts.models import Enrolment, Host
from hosts.services.enrolments import enrolment_create, enrolment_revoke, enrolment_spend
from portal.people.access import actor_for_user, portal_actor
from portal.people.models import AuditEntry, Team, User
from portal.problems import Conflict, Invalid, NotAllowed, NotFound, Problem, Refused
from tests.people import ApiClient
from tests.sim.agents import SimAgent, linux_facts, replace_facts


def spend(token: str, agent: SimAgent | None = None, *, name: str = "box", engine_id: str = "") -> Host:
    agent = agent or SimAgent()
    return enrolment_spend(
        token=token,
        public_key=agent.public_key,
        signature=sign(agent.key, enrolment_bytes(token, agent.public_key)),
        name=name,
        facts=replace_facts(linux_facts(), engine_id=engine_id),
        address="192.0.2.9",
    )


def token_of(team: Team, **wishes: int) -> str:
    return enrolment_create(team=team, actor=portal_actor(), labels={"zone": "north"}, **wishes)[1]


def refused(code: str, act: Callable[[], object]) -> Problem:
    with pytest.raises(Problem) as caught:
        act()
    assert caught.value.code == code
    assert caught.value.detail
    return caught.value


def test_a_token_makes_one_host_with_its_labels(team: Team) -> None:
    host = spend(token_of(team))
    assert (host.team, host.name, host.labels) == (team, "box", {"zone": "north"})
    assert host.architecture == "amd64"
    entry = AuditEntry.objects.get(action="host.enrol")
    assert (entry.result, entry.address, entry.target_label) == ("done", "192.0.2.9", "box")


def test_only_the_digest_of_a_token_is_stored(team: Team) -> None:
    token = token_of(team)
    assert token.startswith("phe_")
    assert token not in str(Enrolment.objects.values_list())


def test_a_reused_token_is_refused(team: Team) -> None:
    token = token_of(team)
    spend(token)
    assert isinstance(refused("token-used", lambda: spend(token)), Refused)
    assert Host.objects.count() == 1
    assert AuditEntry.objects.get(result="denied").detail["code"] == "token-used"


def test_a_token_with_two_uses_makes_two_hosts(team: Team) -> None:
    token = token_of(team, uses=2)
    assert [spend(token).name, spend(token).name] == ["box", "box-2"]
    refused("token-used", lambda: spend(token))


def test_an_expired_token_is_refused(team: Team) -> None:
    token = token_of(team)
    Enrolment.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    problem = refused("token-expired", lambda: spend(token))
    assert "Make a new one" in problem.detail


def test_a_revoked_token_is_refused(team: Team) -> None:
    enrolment, token = enrolment_create(team=team, actor=portal_actor())
    enrolment_revoke(enrolment=enrolment, actor=portal_actor())
    refused("token-revoked", lambda: spend(token))


def test_an_unknown_token_is_refused_and_audited(team: Team) -> None:
    refused("token-unknown", lambda: spend("phe_guess"))
    assert AuditEntry.objects.get(result="denied").address == "192.0.2.9"


def test_a_signature_of_another_key_is_refused(team: Team) -> None:
    token, agent, thief = token_of(team), SimAgent(), SimAgent()
    forged = sign(thief.key, enrolment_bytes(token, agent.public_key))
    refused(
        "bad-signature",
        lambda: enrolment_spend(
            token=token,
            public_key=agent.public_key,
            signature=forged,
            name="box",
            facts=linux_facts(),
            address=None,
        ),
    )
    assert Enrolment.objects.get().used == 0


def test_the_same_machine_may_ask_again_when_our_answer_was_lost(team: Team) -> None:
    token, agent = token_of(team), SimAgent()
    assert spend(token, agent).pk == spend(token, agent).pk
    assert Enrolment.objects.get().used == 1


def test_a_cloned_key_is_a_conflict_with_a_remedy(team: Team) -> None:
    agent = SimAgent()
    spend(token_of(team), agent, name="first")
    second = token_of(team)
    problem = refused("duplicate-key", lambda: spend(second, agent))
    assert isinstance(problem, Conflict)
    assert "first" in problem.detail
    assert "state directory" in problem.detail
    assert Enrolment.objects.order_by("created_at").last().used == 0  # type: ignore[union-attr]


def test_a_cloned_engine_is_a_conflict_with_a_remedy(team: Team, other_team: Team) -> None:
    spend(token_of(team), name="north-1", engine_id="ENGINE")
    second = token_of(team)
    problem = refused("duplicate-engine", lambda: spend(second, engine_id="ENGINE"))
    assert "north-1" in problem.detail
    assert "engine-id" in problem.detail
    theirs = token_of(other_team)
    assert "north-1" not in refused("duplicate-engine", lambda: spend(theirs, engine_id="ENGINE")).detail


def test_an_engine_of_a_revoked_host_may_come_back(team: Team) -> None:
    Host.objects.filter(pk=spend(token_of(team), engine_id="ENGINE").pk).update(revoked_at=timezone.now())
    assert spend(token_of(team), engine_id="ENGINE").name == "box-2"


@pytest.mark.parametrize(("ttl", "uses"), [(10, 1), (31 * 86_400, 1), (3600, 0), (3600, 1001)])
def test_senseless_lifetimes_and_uses_are_refused(team: Team, ttl: int, uses: int) -> None:
    with pytest.raises(Invalid):
        enrolment_create(team=team, actor=portal_actor(), ttl_seconds=ttl, uses=uses)


@pytest.mark.parametrize("labels", [{"Zone": "a"}, {"": "a"}, {"zone": "x" * 200}, {"zone": "a\nb"}])
def test_senseless_labels_are_refused(team: Team, labels: dict[str, str]) -> None:
    with pytest.raises(Invalid) as caught:
        enrolment_create(team=team, actor=portal_actor(), labels=labels)
    assert "labels" in caught.value.fields


def test_only_admins_enrol(team: Team, deployer: User, stranger: User) -> None:
    with pytest.raises(NotAllowed):
        enrolment_create(team=team, actor=actor_for_user(deployer))
    with pytest.raises(NotFound):
        enrolment_create(team=team, actor=actor_for_user(stranger))
    assert AuditEntry.objects.filter(action="enrolment.create", result="denied").count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_machines_at_once_cannot_spend_one_use(team: Team) -> None:
    token = token_of(team)
    ready, answers = threading.Barrier(4), []

    def race() -> None:
        ready.wait()
        try:
            answers.append(spend(token).name)
        except Problem as problem:
            answers.append(problem.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=race) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["box", "token-used", "token-used", "token-used"]
    assert Host.objects.count() == 1


def test_the_whole_way_over_http(admin: User, api_of: Callable[[User | None], ApiClient]) -> None:
    made = api_of(admin).post("hosts/enrolments", {"team": "harbour", "labels": {"zone": "north"}})
    assert made.status_code == 201
    body = made.json()  # type: ignore[attr-defined]
    assert body["token"] in body["linux_command"]
    assert body["token"] in body["windows_command"]
    agent = SimAgent()
    answer = api_of(None).post("agent/enrol", agent.enrolment(body["token"], "box"))
    assert answer.status_code == 200, answer.content
    host = Host.objects.get()
    told = answer.json()  # type: ignore[attr-defined]
    assert len(bytes.fromhex(told.pop("package_key"))) == 32
    assert told == {"host_id": str(host.pk), "name": "box", "team": "harbour", "waiting": False}
    again = api_of(None).post("agent/enrol", SimAgent().enrolment(body["token"], "box"))
    assert again.status_code == 422
    assert again["Content-Type"] == "application/problem+json"
    assert again.json()["code"] == "token-used"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"public_key": "zz"}, "public_key"),
        ({"facts": {"hostname": 5}}, "facts"),
        ({"facts": {"hostname": "a", "agent_version": "1", "more": 1}}, "facts"),
        ({"extra": 1}, "extra"),
    ],
)
def test_malformed_enrolments_say_which_field(
    api_of: Callable[[User | None], ApiClient], changes: dict[str, object], field: str
) -> None:
    body = {**SimAgent().enrolment("phe_x"), **changes}
    answer = api_of(None).post("agent/enrol", body)
    assert answer.status_code == 422
    assert field in answer.json()["errors"]  # type: ignore[attr-defined]


def test_guessing_tokens_is_slowed_down(api_of: Callable[[User | None], ApiClient]) -> None:
    client = api_of(None)
    codes = [client.post("agent/enrol", SimAgent().enrolment("phe_guess")).status_code for _ in range(62)]
    assert codes[0] == 422
    assert codes[-1] == 429
