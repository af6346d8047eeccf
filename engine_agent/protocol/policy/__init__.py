"""What the owner of a host allows, as both ends understand it: the agent enforces it, the portal refuses early by it.

    rules.py     what may be allowed, as told in the facts
    paths.py     host paths of both kinds, compared by their parts
    reading.py   bodies as the engine reads them, refusal.py: what is refused
    judge.py     container, network and volume bodies of the Engine API
    orders.py    commands and queries of the wire
    requests.py  requests of the Engine API as a Docker client makes them

Everything here is pure. Reading the file and following links is the agent's part (engine_agent/policy/).
"""

from .orders import decide, decide_query
from .paths import HERE, Place, Unresolvable
from .refusal import Refusal
from .requests import decide_request
from .rules import ACTIONS, PolicyFact, Rules

__all__ = [
    "ACTIONS",
    "HERE",
    "Place",
    "PolicyFact",
    "Refusal",
    "Rules",
    "Unresolvable",
    "decide",
    "decide_query",
    "decide_request",
]
