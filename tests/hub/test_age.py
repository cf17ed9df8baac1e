"""A stream as the tool age encrypts it: read back whatever its length, refused where anything of it changed."""

import base64
import io
import os
import string

import pytest

from hub.backups.age import CHUNK, MOST_WORK, Decrypting, Encrypting
from hub.backups.problems import BackupProblem, Damaged

PASSPHRASE = "correct horse battery"
LIGHT = 4  # of scrypt's work, so that tests are quick
ALPHABET = (string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/").encode()
# Written by rage's Python binding with the passphrase above: what another program of the format makes.
BY_ANOTHER = base64.b64decode(
    "YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNjcnlwdCBhMnl3OHlOOGEvNEZ2d3JLSmtWRXJnIDE1CmQxVUF4YXlCaTFnSkwwM25nMTdQYkk3"
    "dCs4S1ZxME4rVzZOTW1QUFdaYU0KLS0tIFVHdjVDOERTNjFXWExPRDdUMlVZcFpKdlFtWmZxdzg1enlqMFlYNGR2U1UKgEQp/mJ15fML+bis"
    "Boe70l6mlIQ4PLUlLbuvwTTor4bgtM3lMZe3oj3xZ52aBwyOsY2OIvpCeg=="
)


def encrypted(clear: bytes, passphrase: str = PASSPHRASE, *, step: int = 50_000) -> bytes:
    sink = io.BytesIO()
    encrypting = Encrypting(sink, passphrase, work=LIGHT)
    for start in range(0, len(clear), step):
        encrypting.write(clear[start : start + step])
    encrypting.close()
    return sink.getvalue()


def decrypted(sealed: bytes, passphrase: str = PASSPHRASE) -> bytes:
    source = Decrypting(io.BytesIO(sealed), passphrase)
    return b"".join(iter(lambda: source.read(10_000), b""))


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 300_000])
def test_what_was_encrypted_comes_back_whatever_its_length(size: int) -> None:
    clear = os.urandom(size)

    assert decrypted(encrypted(clear)) == clear


def test_a_file_of_another_program_of_the_format_is_read() -> None:
    assert decrypted(BY_ANOTHER) == b"told by another program"


def test_a_wrong_passphrase_is_told() -> None:
    with pytest.raises(BackupProblem, match="The passphrase is not the one"):
        decrypted(encrypted(b"secret"), "correct horse batterie")


@pytest.mark.parametrize("place", [0, 30, 60, 110, 150, 180, 200, 70_000, -1])
def test_a_changed_byte_is_noticed(place: int) -> None:
    changed = bytearray(encrypted(bytes(100_000)))
    changed[place] ^= 1

    with pytest.raises(BackupProblem):
        decrypted(bytes(changed))


def test_a_change_of_the_header_that_says_the_same_is_noticed() -> None:
    """The last character of its code of 32 bytes has two bits that say nothing."""
    data = bytearray(encrypted(b"secret"))
    last = data.index(b"\n", data.index(b"---")) - 1
    data[last] = ALPHABET[ALPHABET.index(data[last]) + 1]

    with pytest.raises(Damaged):
        decrypted(bytes(data))


@pytest.mark.parametrize("size", [100, 170, 183, 184, 200, 184 + CHUNK + 16, -1])
def test_a_cut_file_is_noticed(size: int) -> None:
    with pytest.raises(BackupProblem):
        decrypted(encrypted(bytes(2 * CHUNK))[:size])


def test_chunks_in_another_order_are_noticed() -> None:
    data, chunk = encrypted(os.urandom(2 * CHUNK + 5)), CHUNK + 16
    first = len(data) - 2 * chunk - 5 - 16

    with pytest.raises(Damaged):
        decrypted(data[:first] + data[first + chunk : first + 2 * chunk] + data[first : first + chunk] + data[-21:])


def test_who_wrote_a_file_cannot_have_us_take_all_memory() -> None:
    greedy = encrypted(b"").replace(b" %d\n" % LIGHT, b" %d\n" % (MOST_WORK + 1))

    with pytest.raises(BackupProblem, match="more work"):
        decrypted(greedy)
