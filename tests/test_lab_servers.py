"""Registry, Redis and PostgreSQL of the lab answer, keep what they should, and end."""

import pytest

from tests.lab.engine import Engine
from tests.lab.folders import processes_of
from tests.lab.images import BUSYBOX
from tests.lab.oci import Platform, publish
from tests.lab.parts import LabError
from tests.lab.postgres import start_postgres
from tests.lab.redis_server import RedisServer, start_redis
from tests.lab.registry import Registry, start_registry

WINDOWS = Platform("windows", os_version="10.0.20348.2655")


def test_an_image_goes_to_the_registry_and_comes_back(engine_with_busybox: Engine, registry: Registry) -> None:
    engine = engine_with_busybox
    reference = registry.push(engine, BUSYBOX, "lab/busybox:1")
    assert "lab/busybox" in registry.repositories()
    assert registry.tags("lab/busybox") == ["1"]
    engine.docker("pull", f"{registry.netloc}/lab/busybox@{registry.digest(reference)}")
    assert engine.docker("run", "--rm", f"{registry.netloc}/lab/busybox@{registry.digest(reference)}", "pwd") == "/\n"


def test_an_image_is_published_without_an_engine_and_runs(engine: Engine, registry: Registry) -> None:
    digest = publish(registry, "lab/plain:1", files={"hello": b"ahoy"}, config={"Cmd": ["cat", "/hello"]})
    assert registry.digest("lab/plain:1") == digest
    assert engine.docker("run", "--rm", f"{registry.netloc}/lab/plain:1") == "ahoy"


def test_an_index_gives_each_platform_its_own_image(engine: Engine, registry: Registry) -> None:
    publish(registry, "lab/many:1", [Platform(), Platform(architecture="arm64", variant="v8"), WINDOWS])
    reference = f"{registry.netloc}/lab/many:1"
    engine.docker("pull", "--platform", "linux/arm64", reference)
    assert engine.docker("image", "inspect", "--format", "{{.Architecture}}", reference).strip() == "arm64"
    engine.docker("pull", "--platform", "linux/amd64", reference)
    assert engine.docker("image", "inspect", "--format", "{{.Architecture}}", reference).strip() == "amd64"


def test_a_windows_image_is_refused_by_a_linux_engine(engine: Engine, registry: Registry) -> None:
    publish(registry, "lab/windows:1", [WINDOWS])
    with pytest.raises(LabError, match=r"windows|no matching manifest|operating system"):
        engine.docker("pull", f"{registry.netloc}/lab/windows:1")


def test_a_tag_that_is_not_there_is_said_so(registry: Registry) -> None:
    with pytest.raises(LabError, match="not in the registry"):
        registry.digest("lab/nothing:1")


def test_a_halted_registry_keeps_its_images() -> None:
    with start_registry() as registry:
        digest = publish(registry, "kept:1")
        registry.halt()
        assert not processes_of(registry.folder)
        registry.start()
        assert registry.digest("kept:1") == digest
    assert not registry.folder.exists()


def test_redis_answers_on_its_socket_only(redis_server: RedisServer) -> None:
    redis_server.cli("set", "berth", "7")
    assert redis_server.cli("get", "berth") == "7\n"
    assert redis_server.cli("config", "get", "port").split() == ["port", "0"]


def test_redis_is_empty_for_the_next_test(redis_server: RedisServer) -> None:
    assert redis_server.cli("dbsize") == "0\n"


def test_redis_ends_with_its_folder() -> None:
    with start_redis() as server:
        assert processes_of(server.folder)
    assert not processes_of(server.folder)
    assert not server.folder.exists()


def test_postgres_gives_each_test_an_empty_database(postgres: str) -> None:
    import psycopg

    with psycopg.connect(postgres) as connection:
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
        assert tables == (0,)
        connection.execute("CREATE TABLE berth (number int)")


def test_postgres_ends_and_leaves_nothing() -> None:
    with start_postgres() as cluster:
        assert cluster.sql("SELECT 2 + 2") == "4\n"
        cluster.halt()
        cluster.start()
        assert cluster.sql("SELECT current_database()") == "pierhead\n"
    assert not processes_of(cluster.folder)
    assert not cluster.folder.exists()
