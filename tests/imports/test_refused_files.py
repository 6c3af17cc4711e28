"""Files that are no export."""

from config.settings import Settings
from tests.laws.contexts import furnished
from tests.support.laws.refusals import RefusedRequest, assert_refused
from tests.support.server import serving

IMPORT = "/v1/imports/loop"


async def test_a_file_that_is_no_export_is_refused(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        headers = {"Content-Type": "application/zip"}

        await assert_refused(
            person,
            [
                *(
                    RefusedRequest(422, "import_invalid", "POST", IMPORT, raw=raw, headers=headers)
                    for raw in (b"", b"PK", b"PK\x05\x06" + b"\0" * 18, b"x" * 100_000)
                ),
                RefusedRequest(
                    400, "parameter_invalid", "POST", f"{IMPORT}?tz=x", raw=b"", headers=headers
                ),
                RefusedRequest(
                    400, "parameter_unknown", "POST", f"{IMPORT}?a=b", raw=b"", headers=headers
                ),
            ],
        )
