"""What was delivered instead of the file, by its first bytes, before anything is decoded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

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
    (b"-----BEGIN ", "a key, a certificate or an encrypted file"),
    (b"Salted__", "an encrypted file"),
    (b"age-encryption.org", "an encrypted file"),
    (b"ID;P", "a spreadsheet in an old format (SYLK)"),
    (b"\x09\x08\x10", "an old workbook of Excel (XLS)"),
    (b"\x09\x04\x06", "an old workbook of Excel (XLS)"),
    (b"\0\x01\0\0Standard ", "a database of Access"),
    (b"\0\x05\x16\x07", "what a Mac keeps beside a file (its name begins with ._)"),
    (b"bplist00", "a property list of a Mac"),
    (b"ARROW1", "an Arrow file"),
    (b"\x89HDF", "an HDF file"),
    (b"$FL2", "a file of SPSS"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"MIME-Version:", "an e-mail or a saved web page"),
    (b"Received: ", "an e-mail"),
    (b"BEGIN:VCARD", "a vCard"),
    (b"[InternetShortcut]", "a shortcut to the file"),
    (b"L\0\0\0\x01\x14\x02", "a shortcut to the file"),
    (b"/annex/objects/", "a pointer of git-annex"),
)
_MARKUP = re.compile(
    rb"\s*(<!doctype|<\?xml|<!--|<(html|head|body|meta|title|div|span|table|center|p|h[1-6]|br|pre|form|style|script|"
    rb"a|b|i|ul|ol|strong|font|main|section|nav|noscript|frameset|img|link|iframe|error|soap:envelope|s:envelope|feed|rss|svg)[\s/>])",
    re.IGNORECASE,
)
_JSON = re.compile(rb'\s*(\{\s*["}]|\[\s*[\[{\]"])')
_ERROR = re.compile(
    rb'\s*\{\s*"(?:error|errors|message|code|fault|detail|exception|odata\.error|error_description|statusCode|traceId)"\s*:',
    re.IGNORECASE,
)
_RICH = re.compile(rb"\{\\rtf")
_NEXT = ("@odata.nextLink", "odata.nextLink", "nextLink", "next", "next_page", "has_more", "hasMore")
_PAGING = ("links", "_links", "paging", "pagination")
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
    if expected != "xlsx" and _ERROR.match(bare):
        return "the error page of a web service"
    if head[257:262] == b"ustar":
        return "a tar file"
    if expected == "csv" and _JSON.match(bare):
        return "JSON"
    if expected == "xlsx":
        return "a text" if head else ""
    return ""


def _called(expected: FileFormat) -> str:
    return {"csv": "CSV", "json": "JSON", "jsonl": "JSON lines", "xlsx": "a workbook"}[expected]


def refuse_page(document: Any) -> None:
    """Refuse a document that names a next one: it holds only some of the people.

    Raises `FileRefusedError`.
    """
    inner = document.get if isinstance(document, dict) else {}.get
    for inside in (document, *map(inner, _PAGING)):
        if isinstance(inside, dict) and any(inside.get(name) for name in _NEXT):
            text = "the document is one page of several: it names the next one"
            raise FileRefusedError("paged", text, "have all pages delivered as one list", line=1)
