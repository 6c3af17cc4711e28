"""A path that is in no table: the log says what was asked for, on one line, and bounded."""

from structlog.testing import capture_logs

from config.settings import Settings
from tests.support.server import serving


async def test_the_log_says_which_path_was_not_found(settings: Settings) -> None:
    async with serving(settings) as server:
        with capture_logs() as lines:
            for path in ("/v1/gaols?token=secret", "/" + "a" * 300, "/v1/goals/gol_x"):
                await server.client().call("GET", path)

    asked = [(line["route"], line.get("path")) for line in lines if line["event"] == "request"]
    assert asked == [
        ("unknown", "/v1/gaols"),
        ("unknown", f"/{'a' * 119}…"),
        ("/v1/goals/{id}", None),
    ]
