"""Where things lie on disk."""

from pathlib import Path

from . import env

BASE_DIR = Path(__file__).resolve().parents[2]
DATA_DIR = Path(env.text("PIERHEAD_DATA_DIR", str(BASE_DIR / "var"))).absolute()
