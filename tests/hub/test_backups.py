"""A backup as a file: whole, cut, changed, under its name only when it is whole."""

import errno
import io
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.backups.age import Decrypting, Encrypting
from hub.backups.archive import PIECE, Writer, read
from hub.backups.files import Placing, put_files
from hub.backups.keys import fingerprints, place
from hub.backups.manifest import Manifest, read_manifest
from hub.backups.output import output
from hub.backups.passphrases import read_passphrase, require_strong
from hub.backups.problems import BackupProblem, Damaged
from hub.backups.reading import Content, look_through

PASSPHRASE = "correct horse battery"
LIGHT = 4  # of scrypt's work, so that tests are quick
MANIFEST = Manifest(
    hub="1.0.0",
    postgresql="18.6",
    made_at=datetime(2026, 1, 31, 12, tzinfo=UTC),
    migrations=["a.0001"],
    tables={"public.t": 1},
    left_out=[],
    keys={},
    holds_keys=False,
)


def backup(*, passphrase: str = "", dump: list[bytes] | None = None, **said: object) -> bytes:
    """A backup, its dump of two pieces unless one is given."""
    sink = io.BytesIO()
    encrypting = Encrypting(sink, passphrase, work=LIGHT) if passphrase else None
    archive = Writer(encrypting or sink)
    archive.put("manifest.json", MANIFEST.model_copy(update=said).model_dump(mode="json"))
    archive.put_stream("database", dump or [os.urandom(PIECE // 2) for _ in range(3)])
    archive.close()
    if encrypting:
        encrypting.close()
    return sink.getvalue()


@pytest.fixture(scope="module")
def whole() -> bytes:
    return backup()


@pytest.fixture(scope="module")
def sealed() -> bytes:
    return backup(passphrase=PASSPHRASE)


def look(folder: Path, data: bytes, passphrase: str = "") -> Content:
    (folder / "hub.backup").write_bytes(data)
    return look_through(folder / "hub.backup", passphrase, bool)


# Looked through before anything is restored


@pytest.mark.parametrize("passphrase", ["", PASSPHRASE], ids=["clear", "encrypted"])
def test_a_whole_backup_says_what_it_has(tmp_path: Path, passphrase: str, whole: bytes, sealed: bytes) -> None:
    content = look(tmp_path, sealed if passphrase else whole, passphrase)

    assert content.manifest == MANIFEST
    assert (content.keys, content.files) == ({}, 0)


def flip(data: bytes) -> bytes:
    return data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1 :]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "flipped": flip,
    "cut in half": lambda data: data[: len(data) // 2],
    "cut at its end": lambda data: data[:-10_241],
    "cut to nothing": lambda data: b"",
    "another's": lambda data: b"PGDMP" + data,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
@pytest.mark.parametrize("passphrase", ["", PASSPHRASE], ids=["clear", "encrypted"])
def test_a_damaged_backup_is_refused(
    tmp_path: Path, whole: bytes, sealed: bytes, passphrase: str, damage: Callable[[bytes], bytes]
) -> None:
    with pytest.raises(BackupProblem):
        look(tmp_path, damage(sealed if passphrase else whole), passphrase)


@pytest.mark.parametrize(
    "data", [b"", b"\0" * 50_000, b"PGDMP\1\16\0", b"CREATE TABLE x();"], ids=["empty", "0", "dump", "SQL"]
)
def test_what_is_no_backup_is_not_called_a_damaged_one(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(
        BackupProblem, match=r"is no backup of a hub, or its beginning is lost\. Nothing was restored\."
    ):
        look(tmp_path, data, "")


def small(passphrase: str) -> tuple[bytes, list[tuple[str, bytes]]]:
    """A backup of a few kilobytes, and its parts."""
    data = backup(passphrase=passphrase, dump=[b"rows of a dump" * 50])
    return data, parts(data, passphrase)


def parts(data: bytes, passphrase: str) -> list[tuple[str, bytes]]:
    source: io.BytesIO | Decrypting = io.BytesIO(data)
    return list(read(Decrypting(source, passphrase) if passphrase else source))


SMALL = {"clear": small(""), "encrypted": small(PASSPHRASE)}


@pytest.mark.parametrize("kind", SMALL)
@given(drawn=st.data())
def test_whatever_byte_changed_nothing_else_is_read(kind: str, drawn: st.DataObject) -> None:
    """In clear a byte may change that is nothing's, such as what fills a tar's blocks."""
    data, whole = SMALL[kind]
    changed = bytearray(data)
    changed[drawn.draw(st.integers(0, len(data) - 1))] ^= drawn.draw(st.integers(1, 255))

    with suppress(BackupProblem):
        found = parts(bytes(changed), PASSPHRASE if kind == "encrypted" else "")
        assert (kind, found) == ("clear", whole)


@pytest.mark.parametrize("kind", SMALL)
@given(drawn=st.data())
def test_wherever_it_was_cut_nothing_less_is_read(kind: str, drawn: st.DataObject) -> None:
    data, whole = SMALL[kind]
    cut = data[: drawn.draw(st.integers(0, len(data) - 1))]

    with suppress(BackupProblem):
        found = parts(cut, PASSPHRASE if kind == "encrypted" else "")
        assert (kind, found) == ("clear", whole)


def test_an_encrypted_backup_asks_for_its_passphrase(tmp_path: Path, sealed: bytes) -> None:
    with pytest.raises(BackupProblem, match="The backup is encrypted"):
        look(tmp_path, sealed)


def test_a_backup_of_a_newer_hub_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BackupProblem, match=r"A newer hub made this backup \(2\.0\.0\)"):
        look(tmp_path, backup(format=2, hub="2.0.0"))
    with pytest.raises(BackupProblem, match=r"1 migrations are unknown here, such as a\.0002"):
        MANIFEST.model_copy(update={"migrations": ["a.0001", "a.0002"]}).require_known(["a.0001"])
    with pytest.raises(Damaged):
        read_manifest(b'{"format": 1}')


# Its file


def test_a_file_has_its_name_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "hub.backup"
    with output(path, replaces=False) as file:
        file.write(b"first")
        assert not path.exists()

    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"first", 0o600)
    assert os.listdir(tmp_path) == ["hub.backup"]


def test_a_file_that_is_there_is_replaced_only_where_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "hub.backup"
    path.write_bytes(b"old")

    with pytest.raises(BackupProblem, match="is there already"), output(path, replaces=False):
        pass
    with pytest.raises(ZeroDivisionError), output(path, replaces=True) as file:
        file.write(b"half" * (1 // 0))
    assert path.read_bytes() == b"old"
    with output(path, replaces=True) as file:
        file.write(b"new")
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["hub.backup"]


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(BackupProblem, match="There is no room for"), output(tmp_path / "hub.backup", replaces=False):
        raise OSError(errno.ENOSPC, "No space left on device")

    assert os.listdir(tmp_path) == []


def test_of_two_backups_to_one_file_the_second_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "hub.backup"
    with (
        output(path, replaces=False),
        pytest.raises(BackupProblem, match="Another backup"),
        output(path, replaces=False),
    ):
        pass

    assert os.listdir(tmp_path) == ["hub.backup"]


# What is in it beside the dump


def packed(folder: Path) -> bytes:
    sink = io.BytesIO()
    archive = Writer(sink)
    put_files(archive, folder)
    archive.close()
    return sink.getvalue()


def unpack(data: bytes, folder: Path) -> None:
    placing = Placing(folder)
    for part, piece in read(io.BytesIO(data)):
        placing.write(part, piece)
    placing.finish()


def test_files_of_imports_are_taken_along(tmp_path: Path) -> None:
    tenant = tmp_path / "files/3f0e"
    tenant.mkdir(parents=True)
    (tenant / "1").write_bytes(os.urandom(PIECE + 5))
    (tenant / "2").write_bytes(b"")
    (tenant / "link").symlink_to("/etc/passwd")
    data = packed(tmp_path / "files")

    unpack(data, tmp_path / "new")
    unpack(data, tmp_path / "new")  # as after a restore that was killed

    assert sorted(os.listdir(tmp_path / "new/3f0e")) == ["1", "2"]
    for name in ("1", "2"):
        assert (tmp_path / "new/3f0e" / name).read_bytes() == (tenant / name).read_bytes()


def test_a_file_of_somebody_else_is_not_replaced(tmp_path: Path) -> None:
    for folder, content in (("files", b"theirs"), ("new", b"longer by now")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "1").write_bytes(content)

    with pytest.raises(BackupProblem, match="is there already"):
        unpack(packed(tmp_path / "files"), tmp_path / "new")

    assert (tmp_path / "new/1").read_bytes() == b"longer by now"
    assert os.listdir(tmp_path / "new") == ["1"]


@pytest.mark.parametrize("name", ["files/../1", "files//etc/1", "files/.ssh/1", "files/a\0b"])
def test_no_file_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(Damaged):
        Placing(tmp_path / "files").write(name, b"")

    assert not (tmp_path / "files").exists()


def test_a_key_that_was_there_is_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "erasure_key"
    path.write_text("former")

    former = place(path, "of the backup")

    assert former == tmp_path / "erasure_key.former-1"
    assert (path.read_text(), former.read_text()) == ("of the backup", "former")
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_fingerprint_tells_keys_apart_and_nothing_else() -> None:
    prints = fingerprints({"SECRET_KEY": "a" * 40, "ERASURE_KEY": "b" * 40})

    assert prints["SECRET_KEY"] != prints["ERASURE_KEY"]
    assert prints == fingerprints({"SECRET_KEY": "a" * 40, "ERASURE_KEY": "b" * 40})
    assert {len(print) for print in prints.values()} == {32}


def test_a_passphrase_is_the_first_line_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "good").write_text(f"{PASSPHRASE}\nanother line\n")
    (tmp_path / "empty").write_text("\n")

    assert read_passphrase(str(tmp_path / "good")) == PASSPHRASE
    for name in ("empty", "missing"):
        with pytest.raises(BackupProblem):
            read_passphrase(str(tmp_path / name))
    with pytest.raises(BackupProblem, match="12 characters"):
        require_strong("too short")
