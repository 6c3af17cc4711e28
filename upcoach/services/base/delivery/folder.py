"""A folder of messages that nobody sends, each in a file of its own."""

import os
from pathlib import Path


class MessageFolder:
    """Files that end with *suffix*, in the folder *path*, which is made when it is needed."""

    def __init__(self, path: Path, suffix: str) -> None:
        self._path = path
        self._suffix = suffix

    def names(self) -> list[str]:
        """The names of the messages, the newest first."""
        paths = self._path.glob(f"*{self._suffix}")
        return sorted((path.stem for path in paths), reverse=True)

    def read(self, name: str) -> bytes | None:
        """The message *name*, if it is one."""
        if name not in self.names():
            return None
        return (self._path / f"{name}{self._suffix}").read_bytes()

    def write(self, name: str, raw: bytes) -> None:
        """Write the message *name*, whole or not at all, for nobody else's eyes."""
        self._path.mkdir(parents=True, exist_ok=True)
        draft = self._path / f".{name}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(raw)
        draft.rename(self._path / f"{name}{self._suffix}")
