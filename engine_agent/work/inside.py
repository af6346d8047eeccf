"""Files and hooks of a container: written before it starts, run after its start and before its stop."""

from collections.abc import Sequence

import msgspec

from ..engine import Engine, EngineError, EngineGone, NotFound
from ..engine import containers as api
from ..engine.inside import Ran, command_run, files_put
from ..protocol.files import FileSpec, HookSpec
from .outcome import Failure, Reporter

HOOK_SECONDS = 300.0
PRE_STOP_LABEL = "io.pierhead.pre-stop"

_hooks = msgspec.json.Decoder(tuple[HookSpec, ...])


async def put_files(engine: Engine, name: str, files: Sequence[FileSpec]) -> None:
    """Write a new container's files. Raises Failure with the reason, never with what is in a file."""
    try:
        await files_put(engine, name, files)
    except EngineGone:
        raise
    except EngineError as error:
        paths = ", ".join(file.path for file in files)
        raise Failure(f"The files of {name} ({paths}) cannot be written: {error.message}", "files-refused") from error


async def run_hooks(engine: Engine, name: str, hooks: Sequence[HookSpec], reporter: Reporter) -> None:
    """The hooks after the start, one after the other. Raises Failure when one does not end well."""
    for hook in hooks:
        ran = await _run(engine, name, hook)
        for line in ran.output.splitlines()[-20:]:
            reporter.line(f"{name}: {line}")
        if ran.exit_code:
            raise Failure(_words(name, hook, ran, "after its start"), "hook-failed", log_tail=ran.output)


async def run_pre_stop(engine: Engine, cid: str, name: str, reporter: Reporter, *, strict: bool) -> None:
    """The hooks that a running container was made with, before it is stopped.

    strict: one that fails is a Failure, so that the container is not stopped; otherwise it is a warning.
    """
    try:
        container = await api.container_inspect(engine, cid)
    except NotFound:
        return
    text = (container.config.labels or {}).get(PRE_STOP_LABEL, "")
    if not text or not container.state.running:
        return
    try:
        hooks = _hooks.decode(text)
    except msgspec.DecodeError:
        return  # a label of somebody else's making
    for hook in hooks:
        ran = await _run(engine, cid, hook)
        if not ran.exit_code:
            continue
        words = _words(name, hook, ran, "before its stop")
        if strict:
            raise Failure(words, "hook-failed", log_tail=ran.output)
        reporter.line(words, "warning")


async def _run(engine: Engine, cid: str, hook: HookSpec) -> Ran:
    try:
        return await command_run(engine, cid, hook, patience=HOOK_SECONDS)
    except EngineGone:
        raise
    except EngineError as error:
        return Ran(126, error.message)


def _words(name: str, hook: HookSpec, ran: Ran, when: str) -> str:
    last = ran.output.strip().splitlines()[-1:] or [""]
    return (
        f"“{' '.join(hook.command)[:120]}”, run in {name} {when}, ended with {ran.exit_code}. {last[0][:300]}".strip()
    )
