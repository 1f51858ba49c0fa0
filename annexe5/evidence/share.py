"""One archive of what the two companies share: the evidence, the certificate, the contestations; never the journal.

Originals, pseudonyms' key and Allure's raw results stay with whoever ran the campaign. Same content, same bytes.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

from annexe5.errors import UsageError
from annexe5.evidence.dsse import strict_json
from annexe5.evidence.layout import (
    ALLURE_FILE,
    CERTIFICATE_FILE,
    CONTESTATIONS_FOLDER,
    EVIDENCE,
    JSON_FILE,
    PIECES_FOLDER,
)

_EPOCH = (1980, 1, 1, 0, 0, 0)


def pack(folder: Path, archive: Path) -> tuple[str, ...]:
    """Write the archive of a campaign's folder, and give the names of its members.

    UsageError when the folder holds no evidence, or evidence that is not masked.
    """
    if not (folder / JSON_FILE).is_file():
        raise UsageError(f"{folder} : pas de {JSON_FILE} ; donnez le dossier d'un rapport.")
    if strict_json((folder / JSON_FILE).read_bytes(), JSON_FILE).get("redacted") is not True:
        raise UsageError(f"{folder} : preuves non masquées (--no-redact) : elles ne se transmettent pas.")
    paths = list(_shared(folder))
    partial = archive.with_name(archive.name + ".part")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as stream:
        for path in paths:
            member = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _EPOCH)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = 0o644 << 16
            stream.writestr(member, path.read_bytes())
    partial.replace(archive)
    return tuple(path.relative_to(folder).as_posix() for path in paths)


def _shared(folder: Path) -> Iterator[Path]:
    for name in (*EVIDENCE, CERTIFICATE_FILE, ALLURE_FILE):
        if (folder / name).is_file():
            yield folder / name
    for within in (PIECES_FOLDER, CONTESTATIONS_FOLDER):
        yield from (path for path in sorted((folder / within).glob("*")) if path.is_file() and not path.is_symlink())
