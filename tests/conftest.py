"""Engines once a run, a clean place in them for each test."""

import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import argon2
import hypothesis
import pytest

from config.settings import Settings
from tests.support.engines import TestEngines
from upcoach.node.process import gc_tuning
from upcoach.services.account import accounts, passwords

MEMORY = Path("/dev/shm")  # noqa: S108 - pytest makes a folder there that is ours alone
ROOM = 4 * 2**30  # bytes

# A law that holds for these has been tried with more: HYPOTHESIS=thorough.
hypothesis.settings.register_profile("quick", max_examples=30, deadline=None)
hypothesis.settings.register_profile("thorough", max_examples=300, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS", "quick"))


def pytest_configure() -> None:
    """Make what all tests do cheap: disks were half of a test's time, passwords a third."""
    # The real cost has a test of its own (tests/account/test_passwords.py).
    passwords.HASHER = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    accounts.PACE_S = 0.0
    gc.set_threshold(*gc_tuning.THRESHOLDS)
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def pytest_collection_finish() -> None:
    """Go through no test again in search of garbage: it was a twentieth of a run."""
    gc_tuning.settle()


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


@pytest.fixture(autouse=True)
def _released(request: pytest.FixtureRequest) -> Iterator[None]:
    """Give the databases of a test to the next."""
    yield
    if "engines" in request.fixturenames:
        started: TestEngines = request.getfixturevalue("engines")
        started.release()


@pytest.fixture
def settings(environ: dict[str, str]) -> Settings:
    """The settings of a node that starts from nothing."""
    return Settings.from_environ(environ)
