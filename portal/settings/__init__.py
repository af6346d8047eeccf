"""Settings, one small file per concern. Everything comes from the environment; see docs/settings.md."""

from .apps import *  # noqa: F403
from .backups import *  # noqa: F403
from .data import *  # noqa: F403
from .jobs import *  # noqa: F403
from .logs import *  # noqa: F403
from .outside import *  # noqa: F403
from .paths import *  # noqa: F403
from .security import *  # noqa: F403
from .static import *  # noqa: F403
