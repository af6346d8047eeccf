"""A process may open as many sockets as its system allows, whatever it was started with."""

import subprocess
import sys

WAYS = """
import resource
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
from hosts.gateway.descriptors import WANTED, descriptors_raise
holds = descriptors_raise()
soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
assert soft == holds == (WANTED if hard == resource.RLIM_INFINITY else min(hard, WANTED)), (soft, holds, hard)
assert descriptors_raise() == holds
"""


def test_the_limit_is_raised() -> None:
    subprocess.run([sys.executable, "-c", WAYS], check=True, timeout=60)
