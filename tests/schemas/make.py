"""Keep the database of an earlier schema: `python -m tests.schemas.make NUMBER COMMIT`.

The commit's own code makes it, in the environment of today.  Run it before a change of what is
stored or indexed (collections, fields, indexes, steps) with the last commit that did without.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from pymongo import AsyncMongoClient

from tests.schemas import fill
from tests.schemas.dump import FOLDER, Bson, Dump
from tests.support.engines import KEY
from upcoach.embedded import Engines

ROOT: Final = Path(__file__).parents[2]
NAME: Final = "old"


async def make(number: int, commit: str) -> Path:
    """Write the dump of *commit* under *number*, and return where it is."""
    with tempfile.TemporaryDirectory(prefix="upcoach-schema-") as folder:
        code, data = Path(folder, "code"), Path(folder, "data")
        _check_out(commit, code)
        async with Engines(data) as engines:
            environ = {
                "UPCOACH_MONGO_URL": engines.mongo_url,
                "UPCOACH_MONGO_DATABASE": NAME,
                "UPCOACH_REDIS_URL": engines.redis_url,
                "UPCOACH_MASTER_KEYS": f"test:{KEY}",
                "UPCOACH_INDEX_KEY": KEY,
                "UPCOACH_DATA": str(data),
                "UPCOACH_ROLES": "web",
                "UPCOACH_LOG_LEVEL": "warning",
            }
            await _fill(code, environ)
            client: AsyncMongoClient[Bson] = AsyncMongoClient(engines.mongo_url)
            async with client:
                dump = await Dump.taken(client[NAME], commit)
    path = FOLDER / f"{number:02}-{commit}.json.gz"
    dump.write(path)
    return path


def _check_out(commit: str, folder: Path) -> None:
    folder.mkdir()
    archive = ["git", "archive", commit]
    with subprocess.Popen(archive, cwd=ROOT, stdout=subprocess.PIPE) as git:
        subprocess.run(["/bin/tar", "-x"], cwd=folder, stdin=git.stdout, check=True)
    # Only the packages of that commit are found, and what is installed.
    (folder / "fill.py").write_bytes(Path(fill.__file__).read_bytes())


async def _fill(code: Path, environ: dict[str, str]) -> None:
    outside = {name: text for name, text in os.environ.items() if not name.startswith("UPCOACH_")}
    program = await asyncio.create_subprocess_exec(
        sys.executable, "fill.py", cwd=code, env=outside | environ
    )
    if await program.wait():
        raise SystemExit(f"{code}: exit code {program.returncode}")


if __name__ == "__main__":
    print(asyncio.run(make(int(sys.argv[1]), sys.argv[2])))
