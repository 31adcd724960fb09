"""What was delivered instead of the file, by its first bytes, before anything is decoded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from upa_core.domain.sources.contract import FileFormat
from upa_core.domain.sources.findings import FileRefusedError

_BINARY = (
    (b"PK\x03\x04", "a zip file, or a workbook of Excel (XLSX)"),
    (b"PK\x05\x06", "an empty zip file"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old workbook of Excel (XLS), or an encrypted one"),
    (b"\x1f\x8b", "a gzip file"),
    (b"BZh", "a bzip2 file"),
    (b"\x28\xb5\x2f\xfd", "a zstd file"),
    (b"\x04\x22\x4d\x18", "an lz4 file"),
    (b"\x1f\x9d", "a file packed by compress"),
    (b"\xfd7zXZ\x00", "an xz file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z file"),
    (b"Rar!", "a rar file"),
    (b"%PDF", "a PDF file"),
    (b"PAR1", "a Parquet file"),
    (b"Obj\x01", "an Avro file"),
    (b"ORC", "an ORC file"),
    (b"\x89PNG", "a picture"),
    (b"-----BEGIN PKCS7", "an encrypted file"),
    (b"HTTP/1.", "an answer of a web server"),
    (b"SQLite format 3", "an SQLite database"),
    (b"-----BEGIN PGP", "an encrypted file"),
    (b"\x85\x01", "an encrypted file"),
)
_MARKUP = re.compile(
    rb"\s*(<!doctype|<\?xml|<!--|<(html|head|body|meta|title|div|span|table|center|p|h[1-6]|br|pre|form|style|script|"
    rb"iframe|error|soap:envelope|s:envelope|feed|rss|svg)[\s/>])",
    re.IGNORECASE,
)
_JSON = re.compile(rb'\s*(\{\s*["}]|\[\s*[\[{\]])')
_RICH = re.compile(rb"\{\\rtf")
HEAD = 512


def checked(chunks: Iterable[bytes], expected: FileFormat) -> Iterator[bytes]:
    """Yield the chunks of a file after a check of its first bytes.

    Raises `FileRefusedError` where they are those of something else than what is expected.
    """
    head, pieces = b"", iter(chunks)
    for data in pieces:
        head += data
        if len(head) >= HEAD:
            break
    found = delivered(head, expected)
    if found:
        remedy = "have the file itself delivered, as text" if expected != "xlsx" else "have a workbook (XLSX) delivered"
        if expected == "csv" and found == "JSON":
            remedy = "write `format: json`, or `format: jsonl` where each line is a person"
        elif "XLSX" in found:
            remedy = "write `format: xlsx`, or have it unpacked before it is delivered"
        elif "Parquet" in found:
            remedy = "have it exported as CSV or JSON: Parquet isn't read"
        elif "page" in found:
            remedy = "look at who fetches the file: it probably met a sign-in or an error"
        raise FileRefusedError("wrong_content", f"{found} was delivered instead of {_called(expected)}", remedy, line=1)
    yield head
    yield from pieces


def delivered(head: bytes, expected: FileFormat) -> str:
    """Return the name of the format that the first bytes show, "" where they may be the expected one."""
    if expected == "xlsx" and head.startswith(b"PK\x03\x04"):
        return ""
    for mark, name in _BINARY:
        if head.startswith(mark):
            return name
    bare = head[3:] if head.startswith(b"\xef\xbb\xbf") else head
    if bare[:2] in (b"\xff\xfe", b"\xfe\xff"):
        bare = bare[2:].replace(b"\0", b"")
    if _MARKUP.match(bare):
        return "an HTML or XML page"
    if _RICH.match(bare):
        return "an RTF document"
    if bare.startswith(b"version https://git-lfs"):
        return "a Git LFS pointer"
    if expected == "csv" and _JSON.match(bare):
        return "JSON"
    if expected == "xlsx":
        return "a text" if head else ""
    return ""


def _called(expected: FileFormat) -> str:
    return {"csv": "CSV", "json": "JSON", "jsonl": "JSON lines", "xlsx": "a workbook"}[expected]
