"""Rules between the files of one batch: IPE against IPE, reports against the IPE, answers against orders.

pm-formats.md §9 and annexe5.txt §2, §3; rules CROISE-* and two deadlines of ``schemas/rules/crossfile.toml``. Files
are read a block at a time and only in the columns compared, so that a month of IPE files stays within bounds.
"""

from annexe5.tables.crossfile import acces, deadlines, history, reports
from annexe5.tables.crossfile.batch import Batch, cross_check, registered
from annexe5.tables.crossfile.reading import CrossFile, cross_file, open_batch
from annexe5.tables.crossfile.together import together

__all__ = [
    "Batch",
    "CrossFile",
    "acces",
    "cross_check",
    "cross_file",
    "deadlines",
    "history",
    "open_batch",
    "registered",
    "reports",
    "together",
]
