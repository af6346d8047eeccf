"""Attributes of the Compose Specification that are not applied, and what to do instead.

Nothing is ignored in silence: an attribute is either read by the modules beside this one, or it is here.
"""

_MODEL = "Run the model as a service with an image of its own."
_CLUSTER = "It is for a swarm alone; remove it."

TOP = {"models": _MODEL}

SERVICE = {
    "build": "Build the image first, push it to a registry, and name it with “image”.",
    "develop": "It is for work on source code beside the file; remove it.",
    "provider": "A service must be a container; name its image.",
    "models": _MODEL,
    "pull_refresh_after": "Use “pull_policy: always”.",
    "use_api_socket": "Mount /var/run/docker.sock yourself if you really mean it.",
}

CONTENT = {"driver": _CLUSTER, "driver_opts": _CLUSTER, "template_driver": _CLUSTER}
