import io
import zipfile

import pytest

from tests.imports.exports import MEDITATE, MEDITATED, NEW, NEWER, Files, flaws_of, read, zipped
from upcoach.services.imports.files.archive import MEMBERS, UNPACKED


def test_what_is_no_archive_is_refused() -> None:
    whole = zipped(NEWER)

    for archive in (b"", b"Date,Value\n", whole[:-1], whole[: len(whole) // 2]):
        assert [flaw.code for flaw in flaws_of(archive)] == ["archive_broken"]


def test_an_archive_that_unpacks_to_too_much_is_refused() -> None:
    bomb = zipped(NEWER | {MEDITATED: bytes(UNPACKED)})

    assert len(bomb) < UNPACKED // 100
    assert [flaw.code for flaw in flaws_of(bomb)] == ["archive_too_large"]


def test_what_is_not_wanted_is_not_unpacked() -> None:
    photos: Files = {f"photos/{number}.jpeg": bytes(UNPACKED // 3) for number in range(4)}

    assert read({**NEWER, **photos}) == read(NEWER)


def test_a_folder_that_was_packed_again_is_read() -> None:
    assert read({f"Loop Habits/{name}": content for name, content in NEWER.items()}) == read(NEWER)


def test_an_archive_of_too_many_files_is_refused() -> None:
    many = zipped({f"{number}.txt": "" for number in range(MEMBERS + 1)})

    assert [flaw.code for flaw in flaws_of(many)] == ["archive_too_large"]


def test_a_header_that_lies_about_a_size_does_not_help() -> None:
    size = len(NEWER[MEDITATED])
    told = zipped({"Habits.csv": NEW + MEDITATE, MEDITATED: NEWER[MEDITATED]})
    lied = told.replace(size.to_bytes(4, "little"), (1).to_bytes(4, "little"))

    assert lied != told
    assert [flaw.code for flaw in flaws_of(lied)] == ["archive_broken"]


def test_a_file_that_is_there_twice_is_refused() -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("Habits.csv", NEW)
        with pytest.warns(UserWarning, match="Duplicate name"):
            file.writestr("Habits.csv", NEW)

    assert [flaw.code for flaw in flaws_of(archive.getvalue())] == ["file_twice"]


def test_what_follows_a_nul_is_part_of_a_name() -> None:
    archive = zipped({"Habits.csv": NEW, "Habits.csv_x": ""}).replace(b".csv_x", b".csv\0x")

    assert [flaw.code for flaw in flaws_of(archive)] == ["file_name"]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_way_of_packing_that_the_app_does_not_use_is_refused(method: int) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", method) as file:
        file.writestr("Habits.csv", NEW)

    assert [flaw.code for flaw in flaws_of(archive.getvalue())] == ["file_method"]


def test_an_encrypted_file_is_refused() -> None:
    archive = bytearray(zipped({"Habits.csv": NEW}))
    archive[archive.index(b"PK\x01\x02") + 8] |= 1

    assert [flaw.code for flaw in flaws_of(bytes(archive))] == ["file_encrypted"]
