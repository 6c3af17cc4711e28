"""What `docs/live.md` says of the models."""

import pytest

from tests.sync import live_page


@pytest.mark.parametrize("part", ["kinds", "fields"])
def test_the_page_says_what_the_models_say(part: str) -> None:
    assert live_page.PAGE.section(part) == live_page.sections()[part], (
        "The models have changed: `python -m tests.sync.live_page` writes the table anew."
    )
