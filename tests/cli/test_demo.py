"""The demo, played to its end."""

import re

import pytest

from config.settings import Settings
from tests.support.engines import TestEngines
from upcoach.cli import demo


async def test_the_demo_says_whom_it_leaves_behind(
    engines: TestEngines, capsys: pytest.CaptureFixture[str]
) -> None:
    await demo.play(Settings.from_environ(engines.environ(UPCOACH_ROLES="web,learn")))

    assert re.search(
        r"^demo_[0-9a-f-]+@example\.org and all that was written here stay in this server's data; "
        r"each demo adds a person\.$",
        capsys.readouterr().out,
        re.MULTILINE,
    )
