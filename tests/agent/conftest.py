"""What tests of the far side share."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

PATH = Path(__file__).with_name("far.py")


@pytest.fixture(scope="session")
def far() -> ModuleType:
    """The module ``far`` beside this file."""
    spec = importlib.util.spec_from_file_location("far", PATH)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["far"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """The directory on the host."""
    return tmp_path / "host/deployment"
