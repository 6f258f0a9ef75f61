"""What a region offers, out of a CSV file: one line for each provider and qualification."""

import csv
import io
from collections.abc import Collection
from typing import Any, Final

from app.catalogue.identifiers import check_ukprn
from app.errors import Refused
from app.stacking.gaps import Offer

COLUMNS: Final = ("ukprn", "name", "qualification")
MAX_BYTES: Final = 10_000_000


def read_region(data: bytes, known: Collection[str]) -> tuple[Offer, ...]:
    """The offers in the order of the file. `known` are the catalogue's qualifications.

    Raises `Refused("region_file_unreadable")`, or `Refused("region_file_has_errors")` with every problem by row.
    """
    if len(data) > MAX_BYTES:
        raise Refused("region_file_unreadable", f"The file is larger than {MAX_BYTES:,} bytes.")
    try:
        rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), restval=""))
    except (UnicodeDecodeError, csv.Error):
        raise Refused("region_file_unreadable", "The file is not CSV in UTF-8.") from None
    if not rows or not set(COLUMNS) <= {str(name).strip() for name in rows[0]}:
        raise Refused("region_file_unreadable", f"The file needs a line with the columns {', '.join(COLUMNS)}.")
    offers: list[Offer] = []
    problems: list[dict[str, Any]] = []
    for number, row in enumerate(rows, 1):
        cells = {str(name).strip(): value.strip() for name, value in row.items() if isinstance(value, str)}
        offer = Offer(cells["ukprn"], cells["name"], cells["qualification"])
        problems += [
            {"row": number, "column": "ukprn", "message": finding.message}
            for finding in check_ukprn(offer.ukprn)
            if finding.severity == "error"
        ]
        if offer.qualification_id not in known:
            message = "There is no such qualification in the catalogue."
            problems.append({"row": number, "column": "qualification", "message": message})
        if not offer.provider:
            problems.append({"row": number, "column": "name", "message": "The provider has no name."})
        offers.append(offer)
    if problems:
        raise Refused("region_file_has_errors", "Mend the rows named here and try again.", {"problems": problems})
    return tuple(offers)
