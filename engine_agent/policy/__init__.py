"""The host owner's policy file: read, trusted only when nobody else may write it, and enforced.

    parse.py   the text of a file -> rules, or every mistake with its line
    file.py    the file on this machine: who may write it, links followed, read again when it changes
    guard.py   what the agent asks before it carries anything out

The rules themselves are part of the wire (engine_agent/protocol/policy/), because the portal refuses early by them.
"""

from .file import Policy, PolicyFile
from .guard import POLICY_CODE, Guard
from .parse import PolicyError, parse

__all__ = ["POLICY_CODE", "Guard", "Policy", "PolicyError", "PolicyFile", "parse"]
