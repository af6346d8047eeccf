"""`python -m tests.bench [NAME ...]`: measure, print, and say whether the budgets hold."""

import sys

from . import agents, deploy, endpoint, gallery, live, memory, rollouts
from .stage import stage

BENCHES = {
    "memory": memory.measure,
    "endpoint": endpoint.measure,
    "deploy": deploy.measure,
    "rollouts": rollouts.measure,
    "live": live.measure,
    "gallery": gallery.measure,
    "agents": agents.measure,
}


def main() -> int:
    """0 when every budget holds, 1 otherwise, 2 for an unknown name."""
    names = sys.argv[1:] or list(BENCHES)
    if unknown := [name for name in names if name not in BENCHES]:
        print(f"No such bench: {', '.join(unknown)}. There are {', '.join(BENCHES)}.")
        return 2
    held = True
    with stage() as standing:
        for name in names:
            for row in BENCHES[name](standing):
                print(row, flush=True)
                held = held and row.within
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
