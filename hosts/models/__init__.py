"""The hosts tables, one file per noun."""

from .applications import Application, Revision
from .commands import Command
from .deployments import Deployment, DeploymentEvent, DeploymentStep, DeploymentTarget
from .enrolments import Enrolment
from .hosts import Host
from .mirror import Container, Image, Network, Volume

__all__ = [
    "Application",
    "Command",
    "Container",
    "Deployment",
    "DeploymentEvent",
    "DeploymentStep",
    "DeploymentTarget",
    "Enrolment",
    "Host",
    "Image",
    "Network",
    "Revision",
    "Volume",
]
