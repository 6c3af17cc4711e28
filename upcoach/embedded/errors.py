"""Errors of engines, explained to the person who started them."""

import re
import signal

# Which package of Debian and Ubuntu brings a library that the engines link to.
PACKAGES = {"libcurl.so.4": "libcurl4", "libcrypto.so.3": "libssl3", "libssl.so.3": "libssl3"}


class EngineError(Exception):
    """An engine that cannot run; its text is one sentence for the operator."""


class FolderInUse(EngineError):
    """Another process has the data folder."""


def explained(name: str, code: int | None, output: str) -> str:
    """Explain why *name* ended before it answered, by the loader's or kernel's words.

    Examples
    --------
    >>> explained("mongod", 127, "mongod: error while loading shared libraries: libcurl.so.4: ...")
    'mongod needs libcurl.so.4; on Debian and Ubuntu the package libcurl4 brings it.'
    >>> explained("mongod", -4, "")
    'mongod needs a processor with AVX instructions.'

    """
    if library := re.search(r"loading shared libraries: ([^\s:]+)", output):
        return _missing(name, library[1])
    if version := re.search(r"version `([^']+)' not found", output):
        return f"{name} needs {version[1]}, which is newer than this system's."
    if code == -signal.SIGILL:
        return f"{name} needs a processor with AVX instructions."
    return f"{name} stopped at its start with exit code {code}."


def _missing(name: str, library: str) -> str:
    package = PACKAGES.get(library)
    where = f"on Debian and Ubuntu the package {package} brings it" if package else "install it"
    return f"{name} needs {library}; {where}."
