"""Tables and queries of the catalogue. Private to the package: others call `app.catalogue.service`.

Loading is an upsert and never deletes an entry: credentials name units for as long as they live. An
occupation row is the version loaded last; the statements of earlier versions stay, because their ids carry
the version. The mappings of a unit are replaced as a set whenever the unit is loaded.
"""

from app.catalogue.store.qualifications import (
    find_components,
    find_qualification,
    find_qualifications,
    find_unit,
    list_organisations,
    list_qualifications,
    units_of,
    upsert_catalogue,
)
from app.catalogue.store.standards import (
    find_ksbs,
    find_occupations,
    find_standards,
    ksbs_of,
    lock_frameworks,
    save_framework,
)

__all__ = [
    "find_components",
    "find_ksbs",
    "find_occupations",
    "find_qualification",
    "find_qualifications",
    "find_standards",
    "find_unit",
    "ksbs_of",
    "list_organisations",
    "list_qualifications",
    "lock_frameworks",
    "save_framework",
    "units_of",
    "upsert_catalogue",
]
