"""A stack whose image is in a registry that lets in only who signs in: the swarm pulls as the team's account."""

import pytest

from engine_agent.engine import Engine as Client
from engine_agent.engine.swarm import NAMESPACE
from engine_agent.protocol.access import RegistryAuth
from engine_agent.protocol.swarm import StackDeploy, StackRemove, SwarmInit, SwarmLeave, SwarmObject
from engine_agent.work.stack import SPEC_LABEL, TASK_LABEL, stack_deploy, stack_remove
from engine_agent.work.swarm import swarm_init, swarm_leave
from tests.agent.carrying import Papers
from tests.lab.engine import Engine
from tests.lab.registry import start_registry

pytestmark = [pytest.mark.engine, pytest.mark.registry, pytest.mark.timeout(120)]

# robot with the password correct-horse, as htpasswd -B writes it
ROBOT = "robot:$2y$05$abcdefghijklmnopqrstuuZ0Fx87Pb/Aqb0E90lfvCwzXnaFKUHpS"


async def test_the_nodes_pull_with_the_account(engine: Engine) -> None:
    client = Client(engine.host)
    with start_registry() as registry:
        engine.image_from_busybox("private:1")
        image = registry.push(engine, "private:1", "crew/private:1")
        engine.docker("rmi", "private:1")
        registry.guard(ROBOT)
        spec = {
            "Name": "crew_web",
            "Labels": {NAMESPACE: "crew", SPEC_LABEL: "1"},
            "TaskTemplate": {
                "ContainerSpec": {
                    "Image": image,
                    "Command": ["/bin/sh", "-c", "while :; do sleep 0.2; done"],
                    "Labels": {NAMESPACE: "crew", TASK_LABEL: "1"},
                    "StopGracePeriod": 1,
                },
            },
            "EndpointSpec": {"Mode": "dnsrr"},
        }
        auth = RegistryAuth(registry.netloc, "robot", "correct-horse")
        wish = StackDeploy("crew", services=(SwarmObject("crew_web", spec, auth),), timeout=60.0)
        await swarm_init(client, SwarmInit("127.0.0.1"))
        try:
            await stack_deploy(client, Papers().order(wish), wish)
            assert engine.docker("images", "-q", image), "it was pulled"
            await stack_remove(client, Papers().order(StackRemove("crew")), StackRemove("crew"))
        finally:
            await swarm_leave(client, SwarmLeave(force=True))
            engine.docker("rmi", "-f", image, check=False)
