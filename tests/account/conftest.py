"""What tests of accounts are given."""

import pytest

from tests.support.engines import TestEngines


@pytest.fixture
def limited(engines: TestEngines) -> dict[str, str]:
    """The environment of a node that counts requests, behind a proxy."""
    return engines.environ(UPCOACH_LIMITS="on", UPCOACH_PROXIES="127.0.0.1")
