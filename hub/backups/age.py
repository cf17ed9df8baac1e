"""A stream encrypted with a passphrase, as the tool age writes it: `age -d FILE` reads it where there is no hub.

The format is https://c2sp.org/age, version 1 with one scrypt recipient: a file key, wrapped by what scrypt makes of the
passphrase, and chunks of 64 KB under ChaCha20-Poly1305, numbered, the last of them marked. So a file that was changed,
cut, lengthened or put together from two is told from one that was not.
"""

import base64
import os
import re
from typing import Protocol

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from hub.backups.problems import BackupProblem, Damaged

VERSION = b"age-encryption.org/v1\n"
LABEL = b"age-encryption.org/v1/scrypt"
CHUNK, TAG = 64 * 1024, 16
WORK = 17  # 2 to the power of it: 128 MB and 0.3 s for each guess at the passphrase
MOST_WORK = 20  # 1 GB: who wrote the file may not have us take more
HEADER = re.compile(
    rb"age-encryption\.org/v1\n"
    rb"-> scrypt (?P<salt>[A-Za-z0-9+/]{22}) (?P<work>[1-9][0-9]?)\n(?P<wrapped>[A-Za-z0-9+/]{43})\n"
    rb"--- (?P<mac>[A-Za-z0-9+/]{43})\n"
)
MOST_HEADER = 200  # bytes
WRONG = "The passphrase is not the one that the backup was made with."


class Sink(Protocol):
    """Where bytes go."""

    def write(self, data: bytes, /) -> object: ...


class Source(Protocol):
    """Where bytes come from: as many as are asked for, fewer only at the end."""

    def read(self, size: int, /) -> bytes: ...


class Encrypting:
    """A sink whose bytes come out encrypted at another; `close` writes the end, without which nobody can read them."""

    def __init__(self, sink: Sink, passphrase: str, *, work: int = WORK) -> None:
        file_key, salt, nonce = os.urandom(16), os.urandom(16), os.urandom(16)
        wrapped = ChaCha20Poly1305(_wrapping_key(passphrase, salt, work)).encrypt(bytes(12), file_key, None)
        head = VERSION + b"-> scrypt %s %d\n%s\n---" % (_encode(salt), work, _encode(wrapped))
        sink.write(head + b" " + _encode(_mac(file_key, head).finalize()) + b"\n" + nonce)
        self._sink, self._cipher = sink, ChaCha20Poly1305(_derived(file_key, salt=nonce, info=b"payload"))
        self._rest, self._number = bytearray(), 0

    def write(self, data: bytes) -> None:
        """Encrypt bytes, a chunk at a time; the last chunk waits for what follows."""
        self._rest += data
        chunks = max(0, len(self._rest) - 1) // CHUNK
        whole = bytes(memoryview(self._rest)[: chunks * CHUNK])
        del self._rest[: chunks * CHUNK]
        for start in range(0, len(whole), CHUNK):
            self._seal(whole[start : start + CHUNK], is_last=False)

    def close(self) -> None:
        """Write the last chunk, marked as such. The sink stays open."""
        self._seal(bytes(self._rest), is_last=True)

    def _seal(self, chunk: bytes, *, is_last: bool) -> None:
        self._sink.write(self._cipher.encrypt(_nonce(self._number, is_last=is_last), chunk, None))
        self._number += 1


class Decrypting:
    """A source of what was encrypted; raises Damaged where that is not as it was written."""

    def __init__(self, source: Source, passphrase: str) -> None:
        head = source.read(MOST_HEADER)
        found = HEADER.match(head)
        if not found:
            raise BackupProblem("The file is encrypted, but not with a passphrase: `age -d` it first.")
        file_key = _unwrapped(found, passphrase)
        try:
            _mac(file_key, head[: found.start("mac") - 1]).verify(_decode(found["mac"]))
        except InvalidSignature:
            raise Damaged("its beginning was changed") from None
        self._source, self._ahead = source, head[found.end() :]
        self._cipher = ChaCha20Poly1305(_derived(file_key, salt=self._take(16), info=b"payload"))
        self._number, self._clear, self._sealed = 0, b"", self._take(CHUNK + TAG)

    def read(self, size: int) -> bytes:
        """Return as many bytes as are asked for, fewer only at the end."""
        pieces = [self._clear]
        have = len(self._clear)
        while have < size and self._sealed:
            pieces.append(self._open())
            have += len(pieces[-1])
        clear = b"".join(pieces)
        self._clear = clear[size:]
        return clear[:size]

    def _open(self) -> bytes:
        """Return the next chunk: it is the last where nothing follows."""
        following = self._take(CHUNK + TAG)
        try:
            clear = self._cipher.decrypt(_nonce(self._number, is_last=not following), self._sealed, None)
        except InvalidTag:
            raise Damaged("it was cut off or changed") from None
        self._number, self._sealed = self._number + 1, following
        return clear

    def _take(self, size: int) -> bytes:
        ahead, self._ahead = self._ahead[:size], self._ahead[size:]
        return ahead + self._source.read(size - len(ahead)) if len(ahead) < size else ahead


def _unwrapped(header: re.Match[bytes], passphrase: str) -> bytes:
    if (work := int(header["work"])) > MOST_WORK:
        raise BackupProblem("The file asks for more work at the passphrase than a hub does: `age -d` it first.")
    try:
        key = _wrapping_key(passphrase, _decode(header["salt"]), work)
        return ChaCha20Poly1305(key).decrypt(bytes(12), _decode(header["wrapped"]), None)
    except InvalidTag:
        raise BackupProblem(WRONG) from None


def _wrapping_key(passphrase: str, salt: bytes, work: int) -> bytes:
    return Scrypt(salt=LABEL + salt, length=32, n=1 << work, r=8, p=1).derive(passphrase.encode())


def _derived(key: bytes, *, salt: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=salt, info=info).derive(key)


def _mac(file_key: bytes, head: bytes) -> HMAC:
    mac = HMAC(_derived(file_key, salt=b"", info=b"header"), SHA256())
    mac.update(head)
    return mac


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])


def _encode(data: bytes) -> bytes:
    return base64.b64encode(data).rstrip(b"=")


def _decode(text: bytes) -> bytes:
    """Return what a text of the header says; raises Damaged where its last bits, which say nothing, are not zero."""
    data = base64.b64decode(text + b"=" * (-len(text) % 4))
    if _encode(data) != text:
        raise Damaged("its beginning was changed")
    return data
