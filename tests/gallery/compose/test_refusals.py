"""Nothing is ignored in silence: what is not applied is refused by name, with its line and column."""

import pytest

from gallery.compose.errors import ComposeInvalid, Refusal
from gallery.compose.parse import parse_project


def refusals(text: str) -> tuple[Refusal, ...]:
    with pytest.raises(ComposeInvalid) as caught:
        parse_project(text, {}, "demo")
    return caught.value.refusals


def of_service(lines: str) -> Refusal:
    indented = "\n".join(f"    {line}" for line in lines.splitlines())
    found = refusals(f"services:\n  web:\n    image: nginx\n{indented}\n  db: {{image: postgres}}\n")
    return found[0]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("build: .", "“build” is not applied"),
        ("env_file: .env", "“env_file” is not applied"),
        ("gpus: all", "“gpus” is not applied"),
        ("prots: [80]", "“prots” is no attribute"),
        ("restart: sometimes", "is not a restart policy"),
        ("restart: always:3", "is not a restart policy"),
        ("mem_limit: lots", "is not a size"),
        ("mem_limit: -5m", "is not a size"),
        ("cpus: many", "must be a number"),
        ("init: perhaps", "must be true or false"),
        ("stop_grace_period: soon", "is not a length of time"),
        ("stop_signal: please", "is not a signal"),
        ("hostname: my_host!", "is not a host name"),
        ("mac_address: zz", "is not a MAC address"),
        ("pull_policy: daily", "is not applied as a pull policy"),
        ("network_mode: 'service:db'", "is not one of host, none, bridge"),
        ("network_mode: host\nports: ['80:80']", "every port is the host's own"),
        ("network_mode: none\nnetworks: [default]", "do not go together"),
        ("deploy: {mode: global}", "is not applied as a mode"),
        ("deploy: {placement: {}}", "“placement” is not applied"),
        ("deploy: {update_config: {}}", "“update_config” is not applied"),
        ("deploy: {replicas: 2}\nports: ['80:80']", "cannot all publish port 80"),
        ("deploy: {replicas: 2}\nscale: 3", "say different numbers"),
        ("deploy: {replicas: 2}\ncontainer_name: one", "cannot share one container name"),
        ("deploy: {replicas: 5000}", "from 0 to 1000"),
        ("deploy: {resources: {reservations: {cpus: '1'}}}", "“cpus” is not applied"),
        ("deploy: {resources: {limits: {memory: 1g}}}\nmem_limit: 2g", "say different limits"),
        ("deploy: {restart_policy: {condition: any, max_attempts: 2}}", "does not go with the condition"),
        ("deploy: {restart_policy: {delay: 5s}}", "“delay” is not applied"),
        ("healthcheck: {start_interval: 1s}", "“start_interval” is not applied"),
        ("healthcheck: {test: [curl, localhost]}", "The test starts with “curl”"),
        ("healthcheck: {test: [CMD]}", "has no command"),
        ("healthcheck: {interval: often}", "is not a length of time"),
        ("ulimits: {nofile: {soft: 1}}", "Both “soft” and “hard” are needed"),
        ("devices: [kvm]", "is not a device"),
        ("devices: /dev/kvm", "must be a list"),
        ("extra_hosts: [nothing]", "is not a host and its address"),
        ("depends_on: [nobody]", "There is no service “nobody”"),
        ("depends_on: {db: {condition: ready}}", "is not one of service_started"),
        ("depends_on: {db: {condition: service_started, restart: true}}", "“restart” is not applied"),
        ("networks: [other]", "There is no network “other”"),
        ("networks: {default: {priority: 3}}", "“priority” is not applied"),
        ("networks: {default: {ipv4_address: '::1'}}", "is not an IPv4 address"),
        ("environment: [NOTHING]", "NOTHING has no value"),
        ("environment: {A: [1]}", "must be a single value"),
        ("environment: [=x]", "name before “=” is missing"),
        ("command: sh -c 'open", "A quote is not closed"),
        ("labels: text", "must be a map"),
        ("user: [a]", "must be a single value"),
        ('user: "a\\0b"', "NUL character"),
        ("logging: {drivr: x}", "Did you mean"),
    ],
)
def test_refuses_by_name_and_place(lines: str, message: str) -> None:
    refusal = of_service(lines)
    assert message in f"{refusal.message} {refusal.remedy}"
    assert refusal.path.startswith("services.web")
    assert refusal.line >= 2
    assert refusal.column >= 1


def test_every_refusal_comes_at_once_and_in_order() -> None:
    text = """services:
  web:
    build: .
    restart: maybe
  db:
    image: postgres
    secrets: [a]
secrets: {a: {file: x}}
"""
    found = refusals(text)
    assert [(refusal.path, refusal.line, refusal.column) for refusal in found] == [
        ("services.web.build", 3, 5),
        ("services.web.restart", 4, 14),
        ("services.db.secrets", 7, 5),
        ("secrets", 8, 1),
    ]
    assert all(refusal.remedy for refusal in found)


def test_the_problem_names_them_in_its_fields() -> None:
    with pytest.raises(ComposeInvalid) as caught:
        parse_project("services: {web: {image: x, build: ., gpus: all}}", {}, "demo")
    body = caught.value.as_dict()
    assert body["status"] == 422
    assert body["code"] == "compose-invalid"
    errors = body["errors"]
    assert isinstance(errors, dict)
    assert len(errors["compose"]) == 2
    assert errors["compose"][0].startswith("services.web.build, line 1, column 28: “build” is not applied.")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "It is empty"),
        ("   \n# nothing\n", "It is empty"),
        ("- a", "top level must be a map"),
        ("just text", "top level must be a map"),
        ("services: {}", "There is no service"),
        ("services:", "There is no service"),
        ("services: [a]", "must be a map"),
        ("{}", "There is no service"),
        ("services: {web: }", "The service has no image"),
        ("services: {web: {image: ''}}", "The service has no image"),
        ("services: {'a b': {image: x}}", "is not a service name"),
        ("services: {web: {image: x}}\nmodels: {a: {}}", "“models” is not applied"),
        ("services: {web: {image: x}}\ninclude: [a.yaml]", "“include” is not applied"),
        ("services: {web: {image: x}}\nnetwork: {}", "Did you mean “networks”?"),
        ("services: {web: {image: x}}\nnetworks: {'a b': {}}", "is not a name"),
        ("services: {web: {image: x}}\nnetworks: {a: {external: true, driver: x}}", "does not go with “external”"),
        ("services: {web: {image: x}}\nnetworks: {a: {enable_ipv4: false}}", "without IPv4"),
        ("services: {web: {image: x}}\nnetworks: {a: {ipam: {config: [{subnet: x}]}}}", "is not a subnet"),
        ("services: {web: {image: x}}\nvolumes: {a: {name: '../x'}}", "cannot be a name on the engine"),
        ("services: {a: {image: x, depends_on: [b]}, b: {image: x, depends_on: [a]}}", "in a circle: a, b"),
        ("services: {a: {image: x, depends_on: [a]}}", "in a circle: a"),
        (
            "services: {a: {image: x, container_name: ab}, b: {image: x, container_name: ab}}",
            "taken by the service “a”",
        ),
    ],
)
def test_refuses_at_the_top(text: str, message: str) -> None:
    assert any(message in f"{refusal.message} {refusal.remedy}" for refusal in refusals(text))


@pytest.mark.parametrize("name", ["Upper", "-x", "a b", "x" * 64, "a.b"])
def test_refuses_project_names(name: str) -> None:
    with pytest.raises(ComposeInvalid, match="not a project name"):
        parse_project("services: {web: {image: x}}", {}, name)


def test_a_project_needs_a_name() -> None:
    with pytest.raises(ComposeInvalid, match="no name"):
        parse_project("services: {web: {image: x}}")
