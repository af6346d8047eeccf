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
        ("env_file: .env", "no file “.env”"),
        ("env_file: ../.env", "leaves the project's folder"),
        ("env_file: https://x.test/a", "is an address"),
        ("label_file: /etc/labels", "is not in the project's own folder"),
        ("gpus: some", "is not a choice of GPUs"),
        ("develop: {watch: []}", "“develop” is not applied"),
        ("provider: {type: x}", "“provider” is not applied"),
        ("use_api_socket: true", "“use_api_socket” is not applied"),
        ("models: [llm]", "“models” is not applied"),
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
        ("network_mode: elsewhere", "is not one of host, none, bridge"),
        ("network_mode: 'service:nobody'", "There is no service “nobody”"),
        ("network_mode: 'service:db'\nports: ['80:80']", "the ports are the other's"),
        ("pid: 'service:nobody'", "There is no service “nobody”"),
        ("links: ['nobody:n']", "There is no service “nobody”"),
        ("volumes_from: [nobody]", "There is no service “nobody”"),
        ("volumes_from: ['db:sometimes']", "is not a service and how it is mounted"),
        ("network_mode: host\nports: ['80:80']", "every port is the host's own"),
        ("network_mode: none\nnetworks: [default]", "do not go together"),
        ("deploy: {mode: replicated-job}", "is not one of replicated, global"),
        ("deploy: {mode: global, replicas: 2}", "does not go with the mode global"),
        ("deploy: {placement: {constraints: [north]}}", "is not a constraint"),
        ("deploy: {update_config: {order: both-first}}", "is not one of start-first, stop-first"),
        ("deploy: {rollback_config: {failure_action: rollback}}", "is not one of continue, pause"),
        ("deploy: {update_config: {max_failure_ratio: 2}}", "must be a number"),
        ("deploy: {resources: {reservations: {devices: [{count: 1}]}}}", "“capabilities” is missing"),
        ("gpus: [{count: 1, device_ids: ['0']}]", "do not go together"),
        ("blkio_config: {weight: 5}", "from 10 to 1000"),
        ("blkio_config: {device_read_bps: [{rate: 5}]}", "a block device"),
        ("post_start: {command: x}", "must be a list"),
        ("pre_stop: [{user: root}]", "The hook has no command"),
        ("configs: [nothing]", "There is no config “nothing”"),
        ("secrets: [nothing]", "There is no secret “nothing”"),
        ("credential_spec: {file: a, registry: b}", "Exactly one of"),
        ("userns_mode: mine", "is not one of host"),
        ("cpu_period: often", "is not a length of time"),
        ("tmpfs: '/run:colour=red'", "tmpfs option “colour=red” is not applied"),
        ("tmpfs: run", "is not an absolute path"),
        ("volumes: [{type: cluster, target: /a}]", "Mounts of type “cluster” are not applied"),
        ("volumes: [{type: image, target: /a}]", "the image to mount, is missing"),
        ("volumes: [{type: volume, target: /a, volume: {subpath: ../b}}]", "leaves the volume"),
        ("deploy: {replicas: 2}\nports: ['80:80']", "cannot all publish port 80"),
        ("deploy: {replicas: 2}\nscale: 3", "say different numbers"),
        ("deploy: {replicas: 2}\ncontainer_name: one", "cannot share one container name"),
        ("deploy: {replicas: 5000}", "from 0 to 1000"),
        ("deploy: {resources: {limits: {memory: 1g}}}\nmem_limit: 2g", "say different limits"),
        ("deploy: {restart_policy: {condition: any, max_attempts: 2}}", "does not go with the condition"),
        ("deploy: {restart_policy: {delay: soon}}", "is not a length of time"),
        ("healthcheck: {start_interval: often}", "is not a length of time"),
        ("healthcheck: {test: [curl, localhost]}", "The test starts with “curl”"),
        ("healthcheck: {test: [CMD]}", "has no command"),
        ("healthcheck: {interval: often}", "is not a length of time"),
        ("ulimits: {nofile: {soft: 1}}", "Both “soft” and “hard” are needed"),
        ("devices: [kvm]", "is not a device"),
        ("devices: /dev/kvm", "must be a list"),
        ("extra_hosts: [nothing]", "is not a host and its address"),
        ("depends_on: [nobody]", "There is no service “nobody”"),
        ("depends_on: {db: {condition: ready}}", "is not one of service_started"),
        ("depends_on: {db: {condition: service_started, restart: perhaps}}", "must be true or false"),
        ("networks: [other]", "There is no network “other”"),
        ("networks: {default: {priority: first}}", "must be a whole number"),
        ("networks: {default: {mac_address: zz}}", "is not a MAC address"),
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
        ("secrets.a.file", 8, 21),
    ]
    assert all(refusal.remedy for refusal in found)


def test_the_problem_names_them_in_its_fields() -> None:
    with pytest.raises(ComposeInvalid) as caught:
        parse_project("services: {web: {image: x, build: ., develop: }}", {}, "demo")
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
        ("services: {web: {image: x}}\ninclude: [a.yaml]", "no file “a.yaml”"),
        ("services: {web: {image: x}}\ninclude: a.yaml", "must be a list of files"),
        ("services: {web: {image: x}}\nsecrets: {a: {driver: vault, file: x}}", "for a swarm alone"),
        ("services: {web: {image: x}}\nsecrets: {a: {}}", "Exactly one of file"),
        ("services: {web: {image: x}}\nconfigs: {a: {environment: NOT}}", "NOT has no value"),
        ("services: {web: {image: x}}\nconfigs: {a: {external: true}}", "there is no value for it"),
        ("services: {web: {image: x, profiles: [a]}}", "No service is switched on"),
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
