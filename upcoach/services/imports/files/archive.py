"""Reads zip archives from strangers: what is wanted of them, within bounds, never onto the disk."""

import io
import struct
import zipfile
import zlib
from collections.abc import Collection, Mapping
from typing import IO, Final

from models.base.errors import Invalid
from upcoach.services.imports.planning.import_errors import ImportErrors, pointer_to, refused

Archive = bytes | IO[bytes]

UNPACKED: Final = 64 * 1024 * 1024  # bytes, counted while reading: headers lie
MEMBERS: Final = 100_000  # most are photos, which are not read
NAME: Final = 255  # characters

_ENCRYPTED: Final = 0x1  # APPNOTE 4.4.4
_UTF_8: Final = 0x800  # the same place: of a name
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    RuntimeError,  # a feature of zip that Python does not know, or encrypted without saying so
    EOFError,
    OSError,
    ValueError,
    OverflowError,
)


def read_archive(
    archive: Archive, wanted: Collection[str], suffix: str | None = None
) -> dict[str, bytes]:
    """Read some members of *archive*, in any folder; raises `Invalid`.

    They are called one of *wanted*, or end in *suffix*.
    """
    try:
        opened = io.BytesIO(archive) if isinstance(archive, bytes) else archive
        with zipfile.ZipFile(opened) as file:
            _check(file.infolist())
            return _contents(file, wanted, suffix)
    except _BROKEN:
        raise refused("", "archive_broken", "This is not a zip archive that we can read.") from None


def from_top(files: Mapping[str, bytes], suffix: str) -> dict[str, bytes]:
    """*files* by their names below the folder of the highest that ends in *suffix*.

    Whoever unpacks an export and packs its folder again has one folder more around it.

    Examples
    --------
    >>> from_top({"Loop/Habits.csv": b"", "Loop/001 Run/Checkmarks.csv": b""}, "Habits.csv")
    {'Habits.csv': b'', '001 Run/Checkmarks.csv': b''}

    """
    found = [name for name in files if name.endswith(suffix)]
    highest = min(found, key=lambda name: name.count("/"), default="")
    folder = highest[: highest.rfind("/") + 1]
    return {
        name.removeprefix(folder): content
        for name, content in files.items()
        if name.startswith(folder)
    }


def _check(members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MEMBERS:
        raise _too_large(f"The archive holds more than {MEMBERS:,} files.")
    flaws = ImportErrors()
    names: set[str] = set()
    for member in members:
        wrong = _wrong_with(member, names)
        if wrong:
            # `orig_filename` still has what follows a NUL.
            name = member.orig_filename[:NAME]
            flaws.add(pointer_to(name), wrong[0], f"{name!r}: {wrong[1]}.")
        names.add(_name_of(member))
    flaws.refuse()


def _wrong_with(member: zipfile.ZipInfo, seen: set[str]) -> tuple[str, str] | None:
    if not _is_plain(member.orig_filename):
        return "file_name", "this name has no place in an export"
    if _name_of(member) in seen:
        return "file_twice", "the archive holds this file twice"
    if member.flag_bits & _ENCRYPTED:
        return "file_encrypted", "this file is encrypted"
    if member.compress_type not in _METHODS:
        return "file_method", "this file is neither stored nor deflated"
    return None


def _is_plain(name: str) -> bool:
    """Whether *name* is a relative path that stays where it is put.

    Nothing is put anywhere; yet an archive that tries to break out is none of the app's.
    """
    if len(name) > NAME or not name.isprintable():
        return False
    return not {"", ".", ".."} & set(name.replace("\\", "/").removesuffix("/").split("/"))


def _contents(
    file: zipfile.ZipFile, wanted: Collection[str], suffix: str | None
) -> dict[str, bytes]:
    contents: dict[str, bytes] = {}
    left = UNPACKED
    for member in file.infolist():
        name = _name_of(member)
        if name.rpartition("/")[2] in wanted or (suffix is not None and name.endswith(suffix)):
            contents[name] = _unpacked(file, member, left)
            left -= len(contents[name])
    return contents


def _name_of(member: zipfile.ZipInfo) -> str:
    """The name of *member*; many programs write UTF-8 and do not say so (APPNOTE D)."""
    name = member.filename.replace("\\", "/")  # as some programs on Windows write it
    if member.flag_bits & _UTF_8:
        return name
    try:
        return name.encode("cp437").decode()
    except UnicodeError:
        return name


def _unpacked(file: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> bytes:
    with file.open(member) as stream:
        content = stream.read(most + 1)
    if len(content) > most:
        raise _too_large(f"The archive unpacks to more than {UNPACKED >> 20} MiB.")
    return content


def _too_large(detail: str) -> Invalid:
    return refused("", "archive_too_large", detail)
