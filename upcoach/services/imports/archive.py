"""Reading a zip archive from a stranger: bounded, in memory, never onto the disk."""

import io
import zipfile
import zlib
from typing import Final

from models.errors import Flaw, Invalid

MEMBERS: Final = 2_000
UNPACKED: Final = 64 * 1024 * 1024  # bytes, counted while reading: headers lie
_CHUNK: Final = 64 * 1024

_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,  # a compression method or a zip version that Python does not know
    RuntimeError,  # an encrypted member
    EOFError,
    OSError,
    ValueError,
    OverflowError,
)


def read_archive(archive: bytes, wanted: str) -> dict[str, bytes]:
    """The members of *archive* whose names end in *wanted*, by name; raises `Invalid`."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as file:
            members = [member for member in file.infolist() if member.filename.endswith(wanted)]
            if len(file.infolist()) > MEMBERS:
                raise refused("", "archive_too_large", f"It holds more than {MEMBERS} files.")
            return _contents(file, members)
    except _BROKEN:
        raise refused("", "archive_broken", "This is not a zip archive that we can read.") from None


def _contents(file: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> dict[str, bytes]:
    contents: dict[str, bytes] = {}
    left = UNPACKED
    for member in members:
        if member.filename in contents:
            raise refused(f"/{member.filename}", "file_twice", f"{member.filename} is there twice.")
        content = bytearray()
        with file.open(member) as stream:
            while chunk := stream.read(_CHUNK):
                left -= len(chunk)
                if left < 0:
                    detail = f"It unpacks to more than {UNPACKED >> 20} MiB."
                    raise refused("", "archive_too_large", detail)
                content += chunk
        contents[member.filename] = bytes(content)
    return contents


def refused(pointer: str, code: str, detail: str) -> Invalid:
    """The refusal of a whole file for one reason."""
    return Invalid("import_invalid", detail, flaws=(Flaw(pointer, code, detail),))
