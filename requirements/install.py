"""Make the virtual environment hold exactly what a lock file names.

Run by the Makefile before everything else, so it needs the standard library only.  A set that is
already installed costs a few milliseconds: its stamp holds the lock's digest.  Two callers wait for
each other, and an install that was interrupted is begun again in an empty environment, because pip
takes a half-written package for an installed one.
"""

import fcntl
import hashlib
import importlib.util
import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UNFINISHED = VENV / "unfinished"

# What each set brings: installing the developers' set also installs the server's.
INCLUDES = {"base": ("base",), "dev": ("dev", "base")}


def lock_file(name: str) -> Path:
    return ROOT / "requirements" / f"{name}.txt"


def stamp(name: str) -> Path:
    return VENV / f"{name}.stamp"


def digest(name: str) -> str:
    return hashlib.sha256(lock_file(name).read_bytes()).hexdigest()


def installed(name: str) -> bool:
    """Whether the environment works and holds this version of the lock."""
    return (
        not UNFINISHED.exists()
        and stamp(name).is_file()
        and stamp(name).read_text() == digest(name)
        and runs("-c", "")
    )


def runs(*arguments: str) -> bool:
    try:
        ended = subprocess.run([PYTHON, *arguments], capture_output=True, check=False)
    except OSError:
        return False
    return ended.returncode == 0


@contextmanager
def one_at_a_time() -> Iterator[None]:
    VENV.mkdir(exist_ok=True)
    # Beside the environment's files, not among them: making it anew must not remove the lock.
    with (ROOT / ".venv.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def make_environment() -> None:
    if importlib.util.find_spec("ensurepip") is None:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        sys.exit(
            f"{sys.executable} cannot make a virtual environment: its module ensurepip is missing. "
            f"On Debian and Ubuntu the package python{version}-venv brings it."
        )
    say("Making the virtual environment .venv ...")
    venv.EnvBuilder(clear=True, with_pip=True, symlinks=True).create(VENV)


def install(name: str) -> None:
    if UNFINISHED.exists() or not runs("-m", "pip", "--version"):
        make_environment()
    UNFINISHED.touch()
    say("Installing locked dependencies (about a minute, once) ...")
    pip = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    lock = ["--require-hashes", "--only-binary", ":all:", "-r", str(lock_file(name))]
    if subprocess.run([*pip, *lock], check=False).returncode != 0:
        sys.exit(
            "The dependencies could not be installed; pip's last lines say why. "
            "The same command begins again."
        )
    for part in INCLUDES[name]:
        stamp(part).write_text(digest(part))
    UNFINISHED.unlink()


def say(sentence: str) -> None:
    print(sentence, flush=True)  # noqa: T201  the terminal is this program's only output


def main() -> None:
    name = sys.argv[1]
    if installed(name):
        return
    with one_at_a_time():
        if not installed(name):
            install(name)


if __name__ == "__main__":
    os.umask(0o022)
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("Interrupted; the same command begins again.")
