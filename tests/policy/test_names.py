"""What has to be looked up before a decision: everything that the request names, and nothing that is not needed."""

from hosts.policy import Named, Ownership, Policy, Request, names_of

from .asking import SHARED, create, service

BODY = create(
    {
        "Binds": ["data:/d", "/etc:/e"],
        "Mounts": [{"Type": "volume", "Source": "more"}, {"Type": "bind", "Source": "/x"}],
        "VolumesFrom": ["store:ro"],
        "Links": ["/db:db"],
        "NetworkMode": "front",
        "PidMode": "container:side",
    }
) | {"NetworkingConfig": {"EndpointsConfig": {"back": {"Links": ["cache:c"]}}}}


def names(request: Request, role: str = "deployer", ownership: Ownership | None = None) -> set[Named]:
    return set(names_of(request, role=role, policy=Policy(ownership=ownership or Ownership())))


def test_a_create_on_a_host_of_the_team_needs_what_may_hide_something() -> None:
    assert names(Request("POST", "/containers/create", body=BODY)) == {
        Named("volume", "data", True),
        Named("volume", "more", True),
        Named("container", "store", True),
        Named("container", "side", True),
        Named("network", "front", True),
        Named("network", "back", True),
    }


def test_on_a_shared_host_all_that_is_named() -> None:
    found = names(Request("POST", "/containers/create", body=BODY), ownership=SHARED)
    assert {Named("container", "db"), Named("container", "cache")} <= found


def test_an_admin_of_an_unlimited_host_needs_nothing() -> None:
    assert not names(Request("POST", "/containers/create", body=BODY), role="admin")
    assert names(Request("GET", "/containers/a/json"), role="admin", ownership=SHARED) == {Named("container", "a")}


def test_control_of_a_container_needs_its_document() -> None:
    assert names(Request("POST", "/containers/web/exec", body={})) == {Named("container", "web", True)}
    assert names(Request("POST", "/commit", query={"container": ("web",)}, body={})) == {
        Named("container", "web", True)
    }
    assert names(Request("POST", "/exec/e1/start", body={})) == {Named("exec", "e1")}
    assert not names(Request("POST", "/containers/web/stop"))
    assert not names(Request("GET", "/containers/web/json"))


def test_services_name_secrets_configs_networks_and_volumes() -> None:
    spec = service(
        {
            "Mounts": [{"Type": "volume", "Source": "data"}],
            "Secrets": [{"SecretID": "s1"}],
            "Configs": [{"ConfigID": "c1"}],
        },
        Networks=[{"Target": "n1"}],
    )
    found = names(
        Request("POST", "/services/web/update", body=spec, query={"rollback": ("previous",)}), ownership=SHARED
    )
    assert found == {
        Named("service", "web", True),
        Named("volume", "data", True),
        Named("secret", "s1"),
        Named("config", "c1"),
        Named("network", "n1", True),
    }


def test_a_build_in_another_containers_network() -> None:
    request = Request("POST", "/build", query={"networkmode": ("container:side",)})
    assert names(request) == {Named("container", "side", True)}


def test_the_unknown_names_nothing() -> None:
    assert not names(Request("GET", "/nowhere"))
