"""Attributes of the Compose Specification that are not applied, and what to do instead.

Nothing is ignored in silence: an attribute is either read by the modules beside this one, or it is here.
"""

_NO_FILES = "There is no directory beside the compose text on the host."
_CPU = "Use “cpus” or “cpu_shares”."

TOP = {
    "include": "Paste the other file's services into this text.",
    "models": "Run the model as a service with an image of its own.",
    "secrets": "Give the value as an environment variable, or keep it in a volume.",
    "configs": "Give the value as an environment variable, or keep the file in a volume.",
}

SERVICE = {
    "build": "Build the image first, push it to a registry, and name it with “image”.",
    "develop": "It is for work on source code beside the file; remove it.",
    "attach": "Logs of every service are kept; remove it.",
    "blkio_config": "Leave it out, or set it on the engine.",
    "cgroup": "Leave it out: containers get their own control group.",
    "cgroup_parent": "Leave it out, or set it on the engine.",
    "configs": "Keep the file in a volume, or give the value as an environment variable.",
    "cpu_count": _CPU,
    "cpu_percent": _CPU,
    "cpu_quota": _CPU,
    "cpu_period": _CPU,
    "cpu_rt_period": _CPU,
    "cpu_rt_runtime": _CPU,
    "credential_spec": "Group managed service accounts are not applied yet; remove it.",
    "device_cgroup_rules": "Name the device itself under “devices”.",
    "env_file": f"{_NO_FILES} Write the variables under “environment”.",
    "label_file": f"{_NO_FILES} Write the labels under “labels”.",
    "extends": "Write the other service's attributes out in this one.",
    "provider": "A service must be a container; name its image.",
    "external_links": "Join a shared network and use the other container's name.",
    "gpus": "GPUs are not applied yet; remove it.",
    "links": "Services of one network find each other by name; use “depends_on” for the order.",
    "mem_swappiness": "Leave it out; newer engines do not know it.",
    "models": "Run the model as a service with an image of its own.",
    "oom_kill_disable": "Set a memory limit instead.",
    "post_start": "Put the step into the image's entrypoint.",
    "pre_stop": "Let the program act on “stop_signal”.",
    "profiles": "Every service of the text is deployed; remove those you do not want.",
    "pull_refresh_after": "Use “pull_policy: always”.",
    "secrets": "Give the value as an environment variable, or keep it in a volume.",
    "storage_opt": "Leave it out, or set it on the engine.",
    "use_api_socket": "Mount /var/run/docker.sock yourself if you really mean it.",
    "uts": "Use “hostname”.",
    "userns_mode": "Set it on the engine.",
    "volumes_from": "Name the volumes of the other service under “volumes”.",
}

DEPLOY = {
    "endpoint_mode": "It is for a swarm; remove it.",
    "labels": "Put the labels under the service's own “labels”.",
    "rollback_config": "Failed deployments are rolled back anyway; remove it.",
    "update_config": "It is for a swarm; remove it.",
    "placement": "Choose the hosts as targets when you deploy.",
}

RESERVATIONS = {
    "cpus": "An engine outside of a swarm cannot reserve CPUs; use limits.",
    "generic_resources": "It is for a swarm; remove it.",
    "devices": "Devices of the host are named under “devices”; GPUs are not applied yet.",
}

RESTART_POLICY = {
    "delay": "The engine has its own, growing delay; remove it.",
    "window": "Use a healthcheck to tell whether the container is well.",
}

HEALTHCHECK = {"start_interval": "Engines before 25 do not know it; use “interval”."}
