"""The published API description, read once."""

import json
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML


@pytest.fixture(scope="session")
def description(shared_data: Path) -> dict[str, Any]:
    """The API description, as JSON schema can use it."""
    text = (shared_data.parent / "reference" / "engine-api-1.41.yaml").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(json.dumps(YAML(typ="safe").load(text), default=str))
    return loaded
