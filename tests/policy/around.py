"""Ways to walk around a policy: requests of a deployer without the named permission, and the rules that deny them."""

from .around_containers import ISOLATION, JSON_TRICKS, MOUNTS
from .around_requests import OTHERS, PATHS
from .around_services import ADMINS_ONLY, SERVICES, VIEWERS
from .ways import Way

WAYS: list[Way] = [*MOUNTS, *ISOLATION, *JSON_TRICKS, *PATHS, *OTHERS, *SERVICES, *ADMINS_ONLY, *VIEWERS]
