"""From two raw answers of the engine to figures: Linux with both kinds of control groups, and Windows."""

from typing import Any

from hosts.stats.figures import Point, point_of, total_of


def linux(
    second: int, *, used: int, system: int, memory: int = 100, cache: int = 40, net: int = 0, disk: int = 0
) -> Any:
    return {
        "read": f"2026-01-01T00:00:{second:02d}.123456789Z",
        "num_procs": 0,
        "cpu_stats": {"cpu_usage": {"total_usage": used}, "system_cpu_usage": system, "online_cpus": 4},
        "memory_stats": {"usage": memory, "limit": 1000, "stats": {"inactive_file": cache}},
        "networks": {"eth0": {"rx_bytes": net, "tx_bytes": 2 * net}, "eth1": {"rx_bytes": net, "tx_bytes": 0}},
        "blkio_stats": {
            "io_service_bytes_recursive": [{"op": "Read", "value": disk}, {"op": "write", "value": 3 * disk}]
        },
        "pids_stats": {"current": 7},
    }


def test_a_first_answer_has_no_rates() -> None:
    point = point_of(None, linux(1, used=100, system=1000))
    assert point == Point(memory=60, limit=1000, processes=7)
    assert point.as_list() == [None, 60, 1000, None, None, None, None, 7]


def test_rates_between_two_answers() -> None:
    before, now = linux(1, used=100, system=1000), linux(3, used=350, system=2000, net=500, disk=100)
    point = point_of(before, now)
    assert point.cpu == 100.0  # a quarter of four processors
    assert (point.received, point.sent) == (500.0, 500.0)
    assert (point.read, point.written) == (50.0, 150.0)


def test_counters_that_begin_anew_are_no_negative_rates() -> None:
    before, now = linux(1, used=900, system=5000, net=500), linux(3, used=10, system=6000)
    point = point_of(before, now)
    assert point.cpu is None
    assert point.received == 0


def test_windows_counts_in_units_of_100_nanoseconds() -> None:
    def raw(second: int, used: int, read: int) -> Any:
        return {
            "read": f"2026-01-01T00:00:{second:02d}.1234567Z",
            "num_procs": 12,
            "cpu_stats": {"cpu_usage": {"total_usage": used}},
            "memory_stats": {"privateworkingset": 5000, "commitbytes": 9000},
            "storage_stats": {"read_size_bytes": read, "write_size_bytes": 0},
            "networks": {"a": {"rx_bytes": 0, "tx_bytes": 0}},
        }

    point = point_of(raw(0, 0, 0), raw(2, 10_000_000, 400))
    assert point.cpu == 50.0
    assert point.memory == 5000
    assert point.read == 200.0
    assert point.processes == 12


def test_what_is_absent_is_nought_or_unknown() -> None:
    assert point_of({}, {}) == Point()
    assert point_of(None, {"memory_stats": {}, "networks": None, "read": "never"}) == Point()


def test_a_host_is_the_sum_of_what_is_known() -> None:
    total = total_of([Point(cpu=10.0, memory=5, received=1.0), Point(cpu=None, memory=7), Point(cpu=2.5, memory=1)])
    assert (total.cpu, total.memory, total.received, total.sent) == (12.5, 13, 1.0, None)
    assert total_of([]).cpu is None
