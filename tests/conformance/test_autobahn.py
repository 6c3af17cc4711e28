"""Autobahn's fuzzing client (github.com/crossbario/autobahn-testsuite) against our class."""

import asyncio
import json
from pathlib import Path

import pytest

from tests.conformance.echo import echoing
from tests.conformance.outside import ended, python2

LARGEST = 32 * 1024 * 1024  # 9.x goes up to 16 MiB
PATIENCE_S = 1800
FRAMES = ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "9.*", "10.*"]
# Each combination of extension parameters with small, large and fragmented messages; all 216
# cases of these chapters repeat that with more sizes, a thousand messages each.
COMPRESSION = [
    f"{chapter}.{group}.{case}"
    for chapter, groups in ((12, 5), (13, 7))
    for group in range(1, groups + 1)
    for case in (1, 4, 11)
]


@pytest.mark.conformance
async def test_no_case_of_the_framing_fails(tmp_path: Path) -> None:
    results = await fuzzed(tmp_path, FRAMES)

    assert len(results) == 301
    assert bad(results) == {}


@pytest.mark.conformance
async def test_no_case_of_the_compression_fails(tmp_path: Path) -> None:
    results = await fuzzed(tmp_path, COMPRESSION)

    assert len(results) == len(COMPRESSION)
    assert bad(results) == {}


async def fuzzed(folder: Path, cases: list[str]) -> dict[str, dict[str, str]]:
    """What the fuzzing client says about each of *cases*."""
    python, environ = await asyncio.to_thread(python2)
    wstest = Path(environ["PYTHONUSERBASE"]) / "bin" / "wstest"
    spec = folder / "spec.json"
    async with echoing(largest=LARGEST, compression=True) as port:
        server = {"agent": "upcoach", "url": f"ws://127.0.0.1:{port}"}
        wish = {"outdir": str(folder / "reports"), "servers": [server], "cases": cases}
        spec.write_text(json.dumps(wish | {"exclude-cases": [], "exclude-agent-cases": {}}))
        with (folder / "log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                python, wstest, "-m", "fuzzingclient", "-s", spec,
                env=environ, cwd=folder, stdout=log, stderr=log,
            )  # fmt: skip
            try:
                async with asyncio.timeout(PATIENCE_S):
                    code = await process.wait()
            finally:
                await ended(process)
    assert code == 0, (folder / "log").read_text()[-2000:]
    results: dict[str, dict[str, str]] = json.loads((folder / "reports/index.json").read_text())[
        "upcoach"
    ]
    return results


def bad(results: dict[str, dict[str, str]]) -> dict[str, tuple[str, str]]:
    """The cases that are not as strict as the suite would have them."""
    return {
        case: (result["behavior"], result["behaviorClose"])
        for case, result in results.items()
        if {result["behavior"], result["behaviorClose"]} - {"OK", "INFORMATIONAL"}
    }
