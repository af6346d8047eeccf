"""The commands that are run both ways. Names are given, so that nothing random is in the output."""

import io
import tarfile
from collections.abc import Mapping

from .docker_cli import Step

IMAGE = "busybox:lab"
SIZES = ((r"\b[0-9.]+[kMG]?B\b", "<size>"),)


def tar_of(files: Mapping[str, bytes]) -> bytes:
    """A tar that is the same every time."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime = len(content), 1_600_000_000
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def sh(before: str, script: str, **options: object) -> Step:
    """`docker BEFORE sh -c SCRIPT`, whose script has spaces."""
    words = [*before.split(), "sh", "-c", script]
    return Step(f"{before} sh -c {script!r}", words=words, **options)  # type: ignore[arg-type]


BUILD = tar_of({"Dockerfile": b"FROM busybox:lab\nARG WORD=none\nRUN echo $WORD > /word\nCMD cat /word\n"})
BROKEN = tar_of({"Dockerfile": b"FROM busybox:lab\nRUN exit 9\n"})

READING = [
    Step("version"),
    Step("version --format {{.Server.Version}}"),
    Step(
        "info",
        mask=(
            *SIZES,
            (r"System Time:.*", "<now>"),
            (r"(?m)^WARNING: .*\n", ""),
            (r"(?m)^ Runtimes: .*$", "<in any order>"),
        ),
    ),
    Step("info --format {{.ServerVersion}}/{{.OSType}}"),
    Step("ps"),
    Step("ps -a"),
    Step("images", unordered=True),
    Step(f"image ls --no-trunc {IMAGE}"),
    Step(f"image inspect {IMAGE} --format {{{{.Os}}}}/{{{{.Architecture}}}}"),
    Step(f"history {IMAGE}"),
    Step("network ls", unordered=True),
    Step("volume ls"),
    Step("system df", mask=SIZES),
    Step("plugin ls"),
    Step("inspect nothing-of-the-kind"),
    Step("frobnicate"),
]

RUNNING = [
    Step(f"run --rm {IMAGE} echo hello"),
    sh(f"run --rm {IMAGE}", "echo out; echo err >&2; exit 7"),
    Step(f"run --rm -i {IMAGE} cat", stdin=b"through and back\n"),
    Step(f"run --rm -i {IMAGE} wc -c", stdin=bytes(range(256)) * 512),
    Step(f"run --rm -i {IMAGE} cat"),
    Step(f"run --rm -a stdout {IMAGE} echo attached"),
    Step(f"run --rm --name cmp-127 {IMAGE} no-such-program", mask=((r"(?s)docker: Error.*", "<refused>"),)),
    Step("run --pull never no-such-image:ever true"),
    Step(f"run --rm --memory 1 {IMAGE} true"),
    Step(f"run --rm --network none --read-only --user 65534:65534 {IMAGE} id"),
    Step(f"run --rm -e WORD=value -w /tmp --hostname box {IMAGE} env", unordered=True),
    Step(f"run -d --name cmp-a --label of=script {IMAGE} sleep 600"),
    Step(f"run -d --name cmp-a {IMAGE} sleep 600"),
    Step("ps --filter name=cmp-a"),
    Step("ps --format {{.Names}}:{{.State}}:{{.Image}}"),
    Step("inspect cmp-a --format {{.State.Running}}/{{.Config.Image}}/{{.HostConfig.NetworkMode}}"),
    Step("port cmp-a"),
    Step("top cmp-a -o comm"),
    Step("stats --no-stream --format {{.Name}} cmp-a"),
]

EXEC = [
    Step("exec cmp-a echo inside"),
    Step("exec -i cmp-a cat", stdin=b"one\ntwo\n"),
    Step("exec -i cmp-a sha1sum", stdin=bytes(range(256)) * 4096),
    Step("exec -i cmp-a cat"),
    sh("exec cmp-a", "echo a; echo b >&2; exit 3"),
    sh("exec -e WORD=x -w /tmp cmp-a", "echo $WORD; pwd"),
    Step("exec -u nobody cmp-a id -u"),
    Step("exec -d cmp-a touch /tmp/made"),
    Step("exec cmp-a ls /tmp/made"),
    Step("exec cmp-a no-such-program", mask=((r"(?s)OCI runtime exec failed.*", "<refused>"),)),
    Step("exec cmp-none true"),
]

LOGS = [
    sh(f"run --name cmp-log {IMAGE}", "for i in 1 2 3; do echo line $i; done; sleep 0.3; echo wrong >&2; exit 4"),
    Step("wait cmp-log"),
    Step("logs cmp-log"),
    Step("logs --tail 1 cmp-log"),
    Step("logs -t cmp-log"),
    Step("logs -f cmp-log"),
    Step("logs cmp-none"),
    Step("start -a cmp-log"),
    sh(f"create --name cmp-late {IMAGE}", "sleep 1; echo late; exit 5"),
    Step("start -a cmp-late"),
    Step("logs -f cmp-late"),
]

FILES = [
    Step("cp - cmp-a:/tmp", stdin=tar_of({"given": b"content\n"})),
    Step("exec cmp-a cat /tmp/given"),
    Step("cp cmp-a:/tmp/given -"),
    Step("cp cmp-a:/none -"),
    Step("cp here.txt cmp-a:/tmp/copied"),
    Step("exec cmp-a cat /tmp/copied"),
    Step("cp cmp-a:/tmp/copied back.txt"),
    Step("cp here.txt cmp-none:/tmp/copied"),
    Step("diff cmp-a"),
    Step("commit cmp-a cmp:committed"),
    Step("image inspect cmp:committed --format {{.Config.Cmd}}"),
]

IMAGES = [
    Step(f"tag {IMAGE} cmp:tagged"),
    Step(f"tag {IMAGE} cmp:BAD/NAME:x"),
    Step("save cmp:tagged -o saved.tar"),
    Step("rmi cmp:tagged"),
    Step("load -i saved.tar"),
    Step("load", stdin=b"this is no archive"),
    Step("import - cmp:imported", stdin=tar_of({"file": b"x"})),
    Step("build -q -t cmp:quiet -", stdin=BUILD),
    Step("build -t cmp:built --build-arg WORD=given -", stdin=BUILD),
    Step("run --rm cmp:built"),
    Step("build -t cmp:broken -", stdin=BROKEN),
    Step("history cmp:built --format {{.CreatedBy}}"),
    Step("pull 127.0.0.1:9/none:1", mask=((r"(?s)Error response.*", "<unreachable>"),)),
    Step("push 127.0.0.1:9/none:1"),
    Step("rmi cmp:quiet cmp:built cmp:imported cmp:committed cmp:none"),
    Step("image prune -f", mask=SIZES, unordered=True),
]

LIFE = [
    Step("rename cmp-late cmp-later"),
    Step("update --memory 64m --memory-swap 64m cmp-a"),
    Step("pause cmp-a"),
    Step("ps --filter status=paused --format {{.Names}}"),
    Step("unpause cmp-a"),
    Step("kill -s CONT cmp-a"),
    Step("restart -t 0 cmp-a"),
    Step("kill cmp-a"),
    Step("wait cmp-a"),
    Step("inspect cmp-a --format {{.State.ExitCode}}"),
    Step("start cmp-a"),
    Step("stop -t 0 cmp-a"),
    Step("stop -t 0 cmp-none"),
    Step("rm cmp-later"),
    Step("rm cmp-none"),
]

NETWORKS = [
    Step("network create --driver bridge --label of=script cmp-net"),
    Step("network create --driver bridge cmp-net"),
    Step("network inspect cmp-net --format {{.Driver}}"),
    Step("network connect cmp-net cmp-a"),
    Step("network disconnect cmp-net cmp-a"),
    Step("network rm cmp-net"),
    Step("network rm cmp-net"),
    Step("volume create --label of=script cmp-vol"),
    sh(f"run --rm -v cmp-vol:/data {IMAGE}", "echo kept > /data/file"),
    Step(f"run --rm -v cmp-vol:/data:ro {IMAGE} cat /data/file"),
    Step("volume ls --format {{.Name}}"),
    Step("volume rm cmp-vol"),
    Step("volume rm cmp-vol"),
    Step(
        "events --since 5m --until 0s --filter type=container --filter container=cmp-log --filter event=die "
        "--format {{.Action}}/{{.Actor.Attributes.exitCode}}"
    ),
    Step("container prune -f", mask=SIZES, unordered=True),
    Step("system prune -f", mask=SIZES, unordered=True),
]

SWARM = [
    Step("node ls"),
    Step("swarm init --advertise-addr 127.0.0.1 --listen-addr 127.0.0.1:0", mask=((r"(?s)To add a worker.*", ""),)),
    Step("node ls --format {{.Status}}/{{.ManagerStatus}}"),
    Step("secret create cmp-secret -", stdin=b"word"),
    Step("secret ls --format {{.Name}}"),
    Step("config create cmp-config -", stdin=b"word"),
    Step("config inspect cmp-config --pretty"),
    Step(
        f"service create -d --name cmp-svc --replicas 0 {IMAGE} sleep 600", mask=((r"image .* could not.*", "<note>"),)
    ),
    Step("service ls --format {{.Name}}/{{.Mode}}/{{.Image}}"),
    Step("service update -d --label-add of=script cmp-svc"),
    Step("service inspect cmp-svc --format {{.Spec.Labels}}"),
    Step("service ps cmp-svc"),
    Step("stack deploy -c stack.yml cmp", mask=((r"image .* could not.*", "<note>"),), unordered=True),
    Step("stack services cmp --format {{.Name}}"),
    Step("stack rm cmp", unordered=True),
    Step("service rm cmp-svc"),
    Step("swarm leave"),
    Step("swarm leave --force"),
]

SCRIPT = [*READING, *RUNNING, *EXEC, *LOGS, *FILES, *IMAGES, *LIFE, *NETWORKS]
