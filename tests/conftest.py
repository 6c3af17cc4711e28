"""Engines once a run, a clean place in them for each test."""

from collections.abc import Iterator

import pytest

from config.settings import Settings
from tests.support.engines import TestEngines


@pytest.fixture(scope="session")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestEngines]:
    """The engines of this run."""
    started = TestEngines(tmp_path_factory.mktemp("engines"))
    started.start()
    yield started
    started.stop()


@pytest.fixture
def environ(engines: TestEngines) -> dict[str, str]:
    """The environment of a node that starts from nothing."""
    return engines.environ()


@pytest.fixture
def settings(environ: dict[str, str]) -> Settings:
    """The settings of a node that starts from nothing."""
    return Settings.from_environ(environ)
