"""Bytes to text and back, byte for byte: byte-order marks, coding cookies (PEP 263), line endings."""

from __future__ import annotations

import codecs
import io
import re
import tokenize
from dataclasses import dataclass

from pm_migrate.errors import SourceError

#: The last is what our own comments begin with: they go when what they are about is gone.
MENTIONS = (b"pymc3", b"theano", b"TODO(pm-migrate ")
_MENTIONS_WIDE = tuple(word.decode().encode(codec) for word in MENTIONS for codec in ("utf-16-le", "utf-16-be"))
_NOT_UTF8 = "not UTF-8, and no coding cookie says what it is"


@dataclass(frozen=True)
class Decoded:
    """The text of a file and what is needed to write it back.

    Parameters
    ----------
    text
        With ``\\n`` line ends if the file uses one style throughout; as it stands if it mixes them.
    encoding
        Name of the codec.
    bom
        The byte-order mark the file starts with, or nothing.
    newline
        The line end of the file: ``\\r\\n`` or ``\\r`` where used throughout, else ``\\n``.
    """

    text: str
    encoding: str = "utf-8"
    bom: bytes = b""
    newline: str = "\n"

    def encode(self, text: str) -> bytes:
        """Return ``text`` as the bytes of this file.

        Raises
        ------
        SourceError
            If the encoding that the file declares cannot express the new text.
        """
        if self.newline != "\n":
            text = text.replace("\n", self.newline)
        try:
            return self.bom + text.encode(self.encoding)
        except UnicodeError as error:
            raise SourceError(f"the new text cannot be written in the file's encoding: {error}") from error


def mentions_pymc3(data: bytes) -> bool:
    """Whether the bytes of a file hold a word that makes it worth reading, UTF-16 included."""
    return any(word in data for word in MENTIONS) or any(word in data for word in _MENTIONS_WIDE)


def decode_python(data: bytes) -> Decoded:
    """Decode a Python file as Python does.

    Raises
    ------
    SourceError
        If the declared encoding is unknown, or the bytes are not text in it (names the byte and its offset).
    """
    bom = _bom(data)
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError as error:
        _decode(data[len(bom) :], "utf-8", _NOT_UTF8, len(bom))
        raise SourceError(f"cannot tell the encoding: {error.msg}") from error
    if encoding.startswith("utf-8"):
        return _uniform(_decode(data[len(bom) :], "utf-8", _NOT_UTF8, len(bom)), bom)
    text = _decode(data, encoding, f"not text in {encoding}, which its coding cookie declares", 0)
    decoded = _uniform(text, b"", encoding)
    if decoded.encode(decoded.text) != data:
        raise SourceError(f"does not survive a round trip through {encoding}, which its coding cookie declares")
    return decoded


def decode_notebook(data: bytes) -> Decoded:
    """Decode a notebook, which is always UTF-8.

    Raises
    ------
    SourceError
        If it is not.
    """
    bom = _bom(data)
    return Decoded(_decode(data[len(bom) :], "utf-8", "not UTF-8", len(bom)), bom=bom)


def decode_text(data: bytes) -> Decoded:
    """Decode a document, which is UTF-8, with its line ends made ``\\n`` where it uses one style throughout.

    Raises
    ------
    SourceError
        If it is not.
    """
    bom = _bom(data)
    return _uniform(_decode(data[len(bom) :], "utf-8", "not UTF-8", len(bom)), bom)


def newline_of(text: str) -> str:
    """Return the line end that ``text`` uses throughout; ``\\n`` if it mixes several or has none."""
    ends = set(re.findall(r"\r\n|\r|\n", text))
    return ends.pop() if len(ends) == 1 else "\n"


def _bom(data: bytes) -> bytes:
    return codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""


def _uniform(text: str, bom: bytes, encoding: str = "utf-8") -> Decoded:
    newline = newline_of(text)
    if newline != "\n":
        text = text.replace(newline, "\n")
    return Decoded(text, encoding, bom, newline)


def _decode(data: bytes, encoding: str, complaint: str, skipped: int) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        offset = error.start + skipped
        raise SourceError(f"{complaint}: byte 0x{data[error.start]:02x} at offset {offset} (line {line})") from error
    except (LookupError, UnicodeError) as error:
        raise SourceError(f"{complaint}: {error}") from error
