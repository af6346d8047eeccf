"""From what a rollout asks of a host to the command that says it."""

import msgspec

from engine_agent.protocol import encode
from engine_agent.protocol.bodies import CommandBody, Conclude, Deploy, ImageSpec, Prepare, RemoveProject
from engine_agent.protocol.swarm import StackDeploy
from hosts.models import DeploymentTarget
from hosts.rollout import Ask, Part
from portal.people.secrets import seal, unseal

PURPOSE = "deployment-order"
Wish = Deploy | RemoveProject | StackDeploy
_order: "msgspec.msgpack.Decoder[Wish]" = msgspec.msgpack.Decoder(Wish)

WORDS = {
    "whole": "Deploy {0}",
    "pull": "Bring the images of {0}",
    "apply": "Deploy {0}",
    "keep": "Remove what {0} has replaced",
    "back": "Put the previous {0} back",
}


def order_sealed(body: Wish) -> bytes:
    """The order of a host as kept with its target: environment values may be secrets."""
    return seal(encode(body), purpose=PURPOSE)


def order_of(target: DeploymentTarget) -> Wish:
    """The order of a target. Raises SecretUnreadable."""
    return _order.decode(unseal(bytes(target.order), purpose=PURPOSE))


def body_of_ask(ask: Ask, part: Part, order: Wish) -> CommandBody:
    """The command for an ask. part: the host's part so far."""
    if not isinstance(order, Deploy):
        return order
    match ask.kind:
        case "pull":
            names: dict[str, str] = {}
            for container in order.containers:
                names.setdefault(container.image, container.service)
            return Prepare(order.project, order.images, names)
        case "apply":
            settle = order.settle_seconds if ask.monitor is None else ask.monitor
            return msgspec.structs.replace(
                order,
                run=part.run,
                ran=dict(part.ran) if part.run and part.ran is not None else None,
                only=ask.names,
                wait=ask.delay,
                hold=True,
                stay=ask.stay,
                settle_seconds=settle,
                images=tuple(_had(image) for image in order.images),
            )
        case "keep" | "back":
            grace = {one.name: one.stop_timeout for one in order.containers if one.stop_timeout is not None}
            return Conclude(
                project=order.project,
                run=part.run,
                keep=ask.kind == "keep",
                names=tuple(one.name for one in order.containers),
                ran=dict(part.ran or {}),
                grace=grace,
                beside=tuple(one.name for one in order.containers if one.order == "start-first"),
            )
    return order


def _had(image: ImageSpec) -> ImageSpec:
    """An image that was brought before anything was touched is not asked for again with each batch."""
    return msgspec.structs.replace(image, pull="missing") if image.pull == "always" else image


def summary_of_ask(ask: Ask, project: str, revision: int) -> str:
    """One sentence for people."""
    text = WORDS[ask.kind].format(project)
    return f"{text}, revision {revision}" if ask.kind in {"whole", "apply"} else text
