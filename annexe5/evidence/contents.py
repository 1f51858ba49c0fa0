"""What one exchange held, as evidence: the raw text, masked, with its physical lines numbered as findings number them.

CSV is masked cell by cell and SOAP node by node, without touching what is judged (separators, quotes, line ends,
number of lines); a mail is unfolded into its headers and attachments; what is not text is named by its digest alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email import policy as email_policy
from email.message import EmailMessage
from email.utils import getaddresses

from annexe5.campaign.results import FileResult
from annexe5.evidence.policy import Kind, load_policy
from annexe5.evidence.redaction import Redactor

WHOLE_LIMIT = 4_000_000
_HEAD_LINES = 40
_SEPARATORS = ";,\t|"
_MAIL_START = re.compile(
    rb"(?i)(?:return-path|received|from|to|date|subject|message-id|mime-version|content-type|delivered-to):"
)
_MAIL_PARTIES = ("from", "to", "cc", "bcc", "reply-to", "sender", "return-path", "delivered-to", "x-original-to")
_BINARY = {b"PK\x03\x04": "zip", b"\x1f\x8b": "gzip", b"7z\xbc\xaf": "7z", b"%PDF": "pdf", b"\x89PNG": "png"}
_MARKUP = re.compile(r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|<[^<>]*>|[^<]+|<", re.DOTALL)
_PICTURES = {code: 0x2400 + code for code in range(0x20) if code not in (0x09, 0x0A)}
_ATTRIBUTE = re.compile(r"""([\w:.-]+)(\s*=\s*)("[^"]*"|'[^']*')""")


@dataclass(frozen=True, slots=True)
class Line:
    """One physical line of a file; ``number`` counts from 1 (the header)."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Piece:
    """One file as it may be shown.

    ``encoding`` is the one it was read with, ``lines`` what is shown, ``total`` how many lines it has, ``note`` why
    something is not shown (empty: all of it stands here).
    """

    exchange: int
    encoding: str
    lines: tuple[Line, ...]
    total: int
    note: str = ""

    @property
    def text(self) -> str:
        """The lines as one text."""
        return "\n".join(line.text for line in self.lines)


def read_piece(file: FileResult, data: bytes | None, redactor: Redactor) -> Piece:
    """Give one file as evidence, and teach the redactor the personal values it holds.

    Of a file over ``WHOLE_LIMIT`` bytes only the beginning and the lines of its findings are shown.
    """
    if data is None:
        return Piece(file.exchange, "", (), 0, "absent du journal")
    binary = next((name for start, name in _BINARY.items() if data.startswith(start)), "")
    if binary:
        return Piece(file.exchange, binary, (), 0, f"{binary} : contenu non montré ; l'original est au journal")
    if _MAIL_START.match(data):
        return _mail(file, data, redactor)
    text, encoding = decode(data)
    if text.lstrip("\ufeff \t\r\n").startswith("<"):
        return _whole(file, encoding, mask_xml(text, redactor))
    if len(data) <= WHOLE_LIMIT:
        return _whole(file, encoding, mask_csv(text, redactor, file.flow))
    return _excerpt(file, encoding, text, redactor)


def decode(data: bytes) -> tuple[str, str]:
    """Read bytes as a person would: UTF-16 and UTF-8 by their marks, UTF-8 if it is, else Windows-1252."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, errors="replace"), encoding
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace"), "cp1252"


def _whole(file: FileResult, encoding: str, text: str, note: str = "") -> Piece:
    lines = _split(text)
    return Piece(file.exchange, encoding, tuple(Line(n, _visible(t)) for n, t in enumerate(lines, 1)), len(lines), note)


def _split(text: str) -> list[str]:
    lines = re.split(r"\r\n|\n|\r", text)
    return lines[:-1] if lines and not lines[-1] else lines


def _visible(text: str) -> str:
    """Show control characters, which HTML and XML cannot carry, by their pictures."""
    return text.translate(_PICTURES)


def _excerpt(file: FileResult, encoding: str, text: str, redactor: Redactor) -> Piece:
    lines = _split(text)
    wanted = set(range(1, _HEAD_LINES + 1))
    for finding in file.findings:
        if finding.line:
            wanted |= {finding.line - 1, finding.line, finding.line + 1}
    numbers = sorted(number for number in wanted if 0 < number <= len(lines))
    masked = _split(mask_csv("\n".join(lines[number - 1] for number in numbers), redactor, file.flow))
    shown = tuple(Line(n, _visible(t)) for n, t in zip(numbers, masked, strict=False))
    return Piece(file.exchange, encoding, shown, len(lines), f"extrait : {len(shown)} lignes sur {len(lines)}")


# --- CSV -----------------------------------------------------------------------------------------------------


def mask_csv(text: str, redactor: Redactor, flow: str = "") -> str:
    """Mask the cells of personal and of unknown columns; a row that does not fit its header is masked as unknown."""
    if not redactor.personal:
        return redactor.secret_free(text)
    separator = _separator(text)
    records = _records(text, separator)
    header = next(records, None)
    if header is None:
        return text
    names = [_bare(cell) for cell, _ in header]
    policy = load_policy()
    known = any(policy.column(name) != "unknown" for name in names)
    kinds: list[Kind | None] = [policy.column(name, flow) for name in names]
    redactor.unknown_columns |= {name for name, kind in zip(names, kinds, strict=True) if known and kind == "unknown"}
    seen: dict[tuple[Kind | None, str], str] = {}

    def mask(kind: Kind | None, cell: str) -> str:
        if (kind, cell) not in seen:
            seen[kind, cell] = _mask_cell(redactor, kind, cell)
        return seen[kind, cell]

    parts = [(cell if known else mask("unknown", cell)) + end for cell, end in header]
    unknown: list[Kind | None] = ["unknown"]
    for record in records:
        fits = known and len(record) == len(names)
        row_kinds = kinds if fits else unknown * len(record)
        parts += [mask(kind, cell) + end for kind, (cell, end) in zip(row_kinds, record, strict=True)]
    return "".join(parts)


def _separator(text: str) -> str:
    """Guess the separator actually used: the one that splits the first line into most known columns."""
    first = re.split(r"[\r\n]", text, maxsplit=1)[0]
    policy = load_policy()

    def known(separator: str) -> int:
        return sum(policy.column(name.strip('"\ufeff ')) != "unknown" for name in first.split(separator))

    return max(_SEPARATORS, key=lambda one: (known(one), first.count(one), one == ";"))


def _records(text: str, separator: str) -> Iterator[list[tuple[str, str]]]:
    """Cut a text into records of (cell as written, what ends it); quoted cells may hold line ends."""
    stop = re.escape(separator)
    cell = re.compile(rf'((?:"(?:[^"]|"")*"(?=[{stop}\r\n]|\Z))|[^{stop}\r\n]*)({stop}|\r\n|\n|\r|\Z)')
    record: list[tuple[str, str]] = []
    at = 0
    while at <= len(text):
        match = cell.match(text, at)
        if match is None:  # pragma: no cover -- the second alternative matches the empty string everywhere
            break
        record.append((match[1], match[2]))
        at = match.end()
        if match[2] != separator:
            if len(record) > 1 or record[0][0] or match[2]:
                yield record
            record = []
            if not match[2]:
                return


def _bare(cell: str) -> str:
    return cell.strip("\ufeff").strip().strip('"')


def _mask_cell(redactor: Redactor, kind: Kind | None, cell: str) -> str:
    quoted = len(cell) > 1 and cell.startswith('"') and cell.endswith('"')
    inner = cell[1:-1] if quoted else cell
    if kind is None:
        masked = redactor.text(inner)
    elif kind == "unknown":
        masked = redactor.unknown(inner)
    else:
        masked = redactor.cell(kind, inner)
    return f'"{masked}"' if quoted else masked


# --- SOAP ----------------------------------------------------------------------------------------------------


def mask_xml(text: str, redactor: Redactor) -> str:
    """Mask the text of personal elements (and of all they hold) and of elements that no schema describes."""
    policy = load_policy()
    open_elements: list[str] = []
    parts = []
    for match in _MARKUP.finditer(text):
        token = match[0]
        if token.startswith("<") and not token.startswith(("<!", "<?")) and len(token) > 1:
            name = _local(token)
            if token.startswith("</"):
                if name in open_elements:
                    del open_elements[len(open_elements) - 1 - open_elements[::-1].index(name) :]
            elif not token.endswith("/>"):
                open_elements.append(name)
            parts.append(_mask_tag(token, redactor))
        elif token.startswith(("<!--", "<?")) or token == "<":  # noqa: S105 -- a piece of markup
            parts.append(redactor.text(token))
        else:
            parts.append(_mask_node(token, open_elements, redactor, policy.element))
    return "".join(parts)


def _local(tag: str) -> str:
    found = re.match(r"</?\s*([\w:.-]+)", tag)
    return found[1].rpartition(":")[2] if found else ""


def _mask_tag(tag: str, redactor: Redactor) -> str:
    policy = load_policy()

    def mask(match: re.Match[str]) -> str:
        name, equals, value = match.groups()
        kind = None if name.startswith("xmlns") else policy.element(name.rpartition(":")[2])
        inner = value[1:-1]
        masked = redactor.secret_free(inner) if kind in (None, "unknown") else redactor.cell(kind, inner)
        return f"{name}{equals}{value[0]}{masked}{value[0]}"

    return _ATTRIBUTE.sub(mask, tag)


def _mask_node(token: str, elements: list[str], redactor: Redactor, kind_of: Callable[[str], Kind | None]) -> str:
    if not token.strip():
        return token
    head, inner, tail = ("<![CDATA[", token[9:-3], "]]>") if token.startswith("<![CDATA[") else ("", token, "")
    kinds = [kind_of(name) for name in elements]
    kind = next((kind for kind in kinds if kind not in (None, "unknown")), kinds[-1] if kinds else "unknown")
    if kind == "unknown":
        masked = redactor.unknown(inner)
    elif kind is None:
        masked = redactor.text(inner)
    else:
        masked = redactor.cell(kind, inner)
    return head + masked + tail


# --- mail ----------------------------------------------------------------------------------------------------


def _mail(file: FileResult, data: bytes, redactor: Redactor) -> Piece:
    message = message_from_bytes(data, policy=email_policy.default)
    lines = [f"{name}: {_mail_header(name, str(value), redactor)}" for name, value in message.items()]
    for part in message.walk():
        if not part.is_multipart():
            lines += ["", *_mail_part(part, file.flow, redactor)]
    return _whole(file, "message/rfc822", "\n".join(lines), "courrier déplié : en-têtes, corps, pièces jointes")


def _mail_header(name: str, value: str, redactor: Redactor) -> str:
    if name.lower() not in _MAIL_PARTIES:
        return redactor.text(value)
    named = (
        f"{redactor.cell('name', shown)} <{redactor.text(address)}>" if shown else redactor.text(address)
        for shown, address in getaddresses([value])
    )
    return ", ".join(named)


def _mail_part(part: EmailMessage, flow: str, redactor: Redactor) -> list[str]:
    name = part.get_filename()
    payload = part.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else b""
    if name is None:
        text, _ = decode(content)
        return [f"[{part.get_content_type()}]", *(redactor.cell("comment", line) for line in _split(text))]
    title = f"[pièce jointe : {redactor.text(name)}, {len(content)} octets]"
    if any(content.startswith(start) for start in _BINARY):
        return [title, "(contenu non montré)"]
    text, _ = decode(content)
    masked = mask_xml(text, redactor) if text.lstrip().startswith("<") else mask_csv(text, redactor, flow)
    return [title, *_split(masked)]
