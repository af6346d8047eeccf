"""Whether the rules allow a command or a query of the wire. Pure."""

from collections.abc import Callable

from ..bodies import CommandBody, ContainerAction, ContainerSpec, Deploy, ImagePush, ImageSpec, QueryBody
from .judge import (
    action_check,
    build_check,
    container_check,
    count_check,
    image_check,
    network_check,
    volume_check,
)
from .paths import HERE, Place
from .reading import Unreadable, canonical
from .refusal import Refusal, Refused
from .rules import RULE, Rules
from .services import service_check

# Parts of a deployment are allowed with it. A new key for the host is its owner's own safety and needs no word.
PART_OF = {"prepare": "deploy", "conclude": "deploy", "prune_preview": "prune", "image_push": "push"}
FREE = {"rotate_key", "swarm_leave"}
SWARM = {"swarm_init", "swarm_join", "swarm_rotate", "node_update", "node_remove", "stack_deploy", "stack_remove"}


def decide(rules: Rules, body: CommandBody, place: Place = HERE, *, others: int = 0) -> Refusal | None:
    """Why the owner does not allow the command; None: it is allowed. others: containers of other projects there."""
    return _judged(lambda: _command(rules, body, place, others))


def decide_query(rules: Rules, body: QueryBody) -> Refusal | None:
    """Why the owner does not allow the question; None: it is allowed."""
    return _judged(lambda: action_check(rules, word_of(body)))


def word_of(body: CommandBody | QueryBody) -> str:
    """The word of a command or a query in `commands.allowed`."""
    if isinstance(body, ContainerAction):
        return body.action
    tag = str(body.__struct_config__.tag)
    return PART_OF.get(tag, tag)


def _command(rules: Rules, body: CommandBody, place: Place, others: int) -> None:
    word = word_of(body)
    if word in FREE:
        return
    action_check(rules, word)
    if word in SWARM:
        _swarm(rules, body, place)
    for image in getattr(body, "images", ()):
        _image(rules, image)
    if isinstance(body, ImagePush):
        image_check(rules, body.reference)
    if isinstance(body, Deploy):
        _deploy(rules, body, place, others)


def _swarm(rules: Rules, body: CommandBody, place: Place) -> None:
    """What belongs to a swarm, and the services of a stack."""
    if not rules.swarm:
        raise Refused("swarm", "A change of the swarm was asked for, which lets other machines start containers here")
    for network in getattr(body, "networks", ()):
        if network.spec is not None:
            network_check(rules, canonical(network.spec), f"The network {network.name}")
    for service in getattr(body, "services", ()):
        service_check(rules, canonical(service.spec or {}), place, f"The service {service.name}")


def _image(rules: Rules, image: ImageSpec) -> None:
    if image.build is not None:
        build_check(rules, image.reference)
    elif image.pull != "never":
        image_check(rules, image.source or image.reference)


def _deploy(rules: Rules, body: Deploy, place: Place, others: int) -> None:
    for network in body.networks:
        if network.create is not None:
            network_check(rules, canonical(network.create), f"The network {network.name}")
    for volume in body.volumes:
        if volume.create is not None:
            volume_check(rules, canonical(volume.create), place, f"The volume {volume.name}")
    for spec in body.containers:
        container_check(rules, canonical(spec.create), place, spec.name)
        if "host" in spec.networks:
            raise Refused("host_namespaces", f"{spec.name} wants the host's own network namespace")
        _hooks(rules, spec)
    count_check(rules, others, len(body.containers))


def _hooks(rules: Rules, spec: ContainerSpec) -> None:
    """Commands that run inside it after its start."""
    for hook in getattr(spec, "post_start", ()):
        if not rules.exec:
            raise Refused("exec", f"{spec.name} wants a command to run inside of it after its start")
        if hook.privileged and not rules.privileged:
            raise Refused("privileged", f"{spec.name} wants a privileged command to run inside of it")


def _judged(check: Callable[[], None]) -> Refusal | None:
    try:
        check()
    except Refused as refused:
        return refused.refusal
    except Unreadable as error:
        return Refusal(RULE["allowed"], f"The command cannot be judged: {error}")
    return None
