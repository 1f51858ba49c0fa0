"""Two deadlines that a file shows by itself: works announced early enough, and notified soon enough.

annexe5.txt §2 (PM-08, PM-11); the number of working days is the profile's, the moment of sending the file's date.
"""

from __future__ import annotations

from datetime import date

from annexe5.contract.calendar import Calendar
from annexe5.contract.rules import raw_rules
from annexe5.tables.conditions import is_date
from annexe5.tables.crossfile.batch import Batch, Teller, check, columns
from annexe5.tables.crossfile.reading import LINE


@check("INTERP-PREAVIS", "ADDU-DELAI")
def working_days(batch: Batch, teller: Teller) -> None:
    """Count the working days between the works and the file that speaks of them."""
    calendar = Calendar(batch.profile.jours_ouvres)
    for ident, flow in (("INTERP-PREAVIS", "Notif_Interv_Prev"), ("ADDU-DELAI", "Notif_Adduction")):
        column = columns(ident)[0]
        days = batch.profile.delay(str(raw_rules()[ident]["delay"])).valeur
        for file in batch.of(flow):
            if not is_date(file.date):
                continue
            sent = _day(file.date)
            for row in file.read([column]).iter_rows(named=True):
                if not is_date(row[column]):
                    continue
                works = _day(row[column])
                announced = ident == "INTERP-PREAVIS"
                limit = calendar.add(sent, days) if announced else calendar.add(works, days)
                if works < limit if announced else sent > limit:
                    teller.tell(
                        ident, file, row[LINE], received=row[column], expected=limit.strftime("%Y%m%d"), since=file.date
                    )


def _day(text: str) -> date:
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))
