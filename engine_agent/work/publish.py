"""Publishing: an image of this host given a reference and pushed to that registry, told layer by layer."""

from contextlib import aclosing

from ..engine import Engine, EngineError, EngineGone
from ..engine.images import image_push, image_tag
from ..protocol.access import auth_config
from ..protocol.bodies import ImagePush
from .outcome import Failure, Outcome, Reporter
from .pulling import Layers
from .words import explain

KEY = "push"
NOBODY = {"username": "", "password": ""}  # a push needs an AuthConfig even where nobody signs in
DENIED = ("denied:", "insufficient_scope", "access to the resource is denied", "403 forbidden")


async def publish(engine: Engine, reporter: Reporter, wish: ImagePush) -> Outcome:
    """Tag and push. Doing it twice has the effect of once: a registry keeps what it has. Raises Failure, EngineGone.

    The result is {"reference", "digest", "size"}; digest: of the manifest, as the registry took it.
    """
    layers = Layers(reporter, KEY, f"Push {wish.reference}")
    digest, size = "", 0
    try:
        if wish.source != wish.reference:
            await image_tag(engine, wish.source, wish.reference)
        async with aclosing(image_push(engine, wish.reference, auth=auth_config(wish.auth) or NOBODY)) as lines:
            async for line in lines:
                layers.hear(line)
                if line.aux is not None and line.aux.digest:
                    digest, size = line.aux.digest, line.aux.size
    except EngineGone:
        layers.end("failed", "the engine went away")
        raise
    except EngineError as error:
        failure = refusal_of(error, wish)
        layers.end("failed", failure.error)
        raise failure from error
    layers.end("done", digest)
    return Outcome(result={"reference": wish.reference, "digest": digest, "size": size})


def refusal_of(error: EngineError, wish: ImagePush) -> Failure:
    """Why a push failed, in words for people."""
    said = error.message.lower()
    registry = wish.auth.registry if wish.auth else "the registry"
    if any(word in said for word in DENIED):
        if wish.auth is None:
            return Failure(
                f"The registry lets nobody push {wish.reference} who has not signed in, and the team has no account "
                "there. Add one under Registries of the team",
                "registry-sign-in",
            )
        return Failure(
            f"The account {wish.auth.username} may not push {wish.reference}. Choose a repository that it may write "
            f"to, or let its token at {registry} write",
            "registry-denied",
        )
    known = explain(error, wish.reference)
    if known.code == "image-not-found":
        return Failure(f"There is no image {wish.source} on this host any more", "image-not-found")
    if known.code == "registry-sign-in":
        hint = "Add an account of the team" if wish.auth is None else "Check the account of the team"
        return Failure(f"The registry wants a sign-in for {wish.reference}. {hint} under Registries", known.code)
    if known.code == "pull-interrupted":
        return Failure(f"The push of {wish.reference} was interrupted. What was sent is kept; try again", "interrupted")
    return known
