"""A stand-in of Azure Resource Manager and of Entra's token endpoint, over TLS with an authority of its own.

Shapes, headers and codes are those of the published exchanges (see tests/standins/arm/test_exchanges.py, which drives
it with Microsoft's own SDK). Only what Pierhead asks for is here; anything else is answered with 404 and remembered.
"""

from .server import Arm, ArmLog, Switches, start_arm
from .world import World

__all__ = ["Arm", "ArmLog", "Switches", "World", "start_arm"]
