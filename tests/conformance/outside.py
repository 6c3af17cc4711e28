"""Programs that others wrote: where they are, and how they get what they need.

What they install goes into `var/conformance/` and is kept there.  A program that is not on this
machine skips the test that wants it.
"""

import asyncio
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

HERE: Final = Path(__file__).parent
VAR: Final = HERE.parent.parent / "var" / "conformance"
INSTALL_S: Final = 900


def python2() -> tuple[Path, dict[str, str]]:
    """Python 2.7 with Autobahn's fuzzing client, and the environment that it needs."""
    found = [Path(path) for path in (shutil.which("python2.7"),) if path]
    found += sorted((Path.home() / ".pyenv" / "versions").glob("2.7*/bin/python2.7"))
    python = next((path for path in found if _runs(path, "-m", "pip", "--version")), None)
    if python is None:
        pytest.skip("Autobahn's fuzzing client needs Python 2.7 with pip, which is not here")
    environ = os.environ | {"PYTHONUSERBASE": str(VAR / "python2"), "PYTHONWARNINGS": "ignore"}
    wanted = HERE / "python2.txt"
    pip = (python, "-m", "pip", "install", "--user", "--quiet", "-r", str(wanted))
    _install(VAR / "python2", wanted.read_bytes(), pip, environ)
    return python, environ


def node(*, newer_than: tuple[int, int] = (18, 0)) -> Path:
    """Node, with the packages of `package-lock.json` in `node_modules` under `VAR / "node"`."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("this client needs Node and npm, which are not here")
    home = VAR / "node"
    home.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, home / name)
    ci = (npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(home))
    _install(home, (HERE / "package-lock.json").read_bytes(), ci, dict(os.environ))
    shipped = sorted((home / "node_modules").glob("node-linux-*/bin/node"))
    there = [*shipped, Path(shutil.which("node") or "node")]
    for program in there:
        version = _output(program, "--version").lstrip("v").split(".")
        if len(version) == 3 and (int(version[0]), int(version[1])) >= newer_than:
            return program
    pytest.skip(f"this client needs Node {newer_than[0]}.{newer_than[1]}, which is not here")


def generators() -> Path:
    """A virtual environment with the programs of `generators.txt`, which make clients."""
    home = VAR / "generators"
    wanted = HERE / "generators.txt"
    command = f"{sys.executable} -m venv {home} && {home}/bin/pip install --quiet -r {wanted}"
    _install(home, wanted.read_bytes(), ("/bin/sh", "-c", command), dict(os.environ))
    return home


def java() -> tuple[Path, Path]:
    """Java, and its compiler."""
    found = [Path(path) for path in (shutil.which("java"), shutil.which("javac")) if path]
    if len(found) < 2:
        pytest.skip("Java and its compiler are not here (Debian's `default-jdk-headless`)")
    return found[0], found[1]


def chromium() -> Path:
    """Chromium."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("Chromium is not here (Debian's package `chromium` brings it)")
    return Path(found)


async def ended(process: asyncio.subprocess.Process) -> None:
    """End *process*, which this test started."""
    if process.returncode is None:
        process.terminate()
        await process.wait()


def _install(
    home: Path, wanted: bytes, command: Sequence[str | Path], environ: dict[str, str]
) -> None:
    """Run *command* unless what it installs is there already."""
    stamp = home / "installed"
    digest = hashlib.sha256(wanted).hexdigest()
    if stamp.is_file() and stamp.read_text() == digest:
        return
    home.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        command, env=environ, capture_output=True, check=False, timeout=INSTALL_S, text=True
    )
    if done.returncode != 0:
        pytest.skip(f"{command[0]} could not install what is needed: {done.stderr[-500:]}")
    stamp.write_text(digest)


def _runs(program: Path, *arguments: str) -> bool:
    return bool(_output(program, *arguments))


def _output(program: Path, *arguments: str) -> str:
    try:
        done = subprocess.run([program, *arguments], capture_output=True, check=False, text=True)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
