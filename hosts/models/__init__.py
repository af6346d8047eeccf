"""The hosts tables, one file per noun."""

from .applications import Application, Revision
from .azure import AzureBatch, AzureSubscription
from .azure_machines import AzureMachine, AzureOrphan, AzureRun
from .certificates import Authority, DockerCertificate
from .clusters import Cluster, ClusterMember
from .commands import Command
from .deployments import Deployment, DeploymentEvent, DeploymentStep, DeploymentTarget
from .enrolments import Enrolment, HostAdmission
from .git_sources import GitSource
from .hooks import ApplicationHook, HookDelivery
from .hosts import Host
from .housekeeping import Housekeeping
from .mirror import Container, Image, Network, Volume
from .policies import TeamPolicy
from .recordings import TerminalRecording
from .secrets import ApplicationSecret
from .solutions import Solution
from .update_policies import UpdateAct, UpdatePolicy, UpdateWindow
from .updates import ImageUpdate
from .volumes import VolumeBackup, VolumeRun
from .webhooks import EventMark, Webhook, WebhookDelivery

__all__ = [
    "Application",
    "ApplicationHook",
    "ApplicationSecret",
    "Authority",
    "AzureBatch",
    "AzureMachine",
    "AzureOrphan",
    "AzureRun",
    "AzureSubscription",
    "Cluster",
    "ClusterMember",
    "Command",
    "Container",
    "Deployment",
    "DeploymentEvent",
    "DeploymentStep",
    "DeploymentTarget",
    "DockerCertificate",
    "Enrolment",
    "EventMark",
    "GitSource",
    "HookDelivery",
    "Host",
    "HostAdmission",
    "Housekeeping",
    "Image",
    "ImageUpdate",
    "Network",
    "Revision",
    "Solution",
    "TeamPolicy",
    "TerminalRecording",
    "UpdateAct",
    "UpdatePolicy",
    "UpdateWindow",
    "Volume",
    "VolumeBackup",
    "VolumeRun",
    "Webhook",
    "WebhookDelivery",
]
