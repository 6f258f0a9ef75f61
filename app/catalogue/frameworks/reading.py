"""From the bytes of a file to a framework: bounded, strict, and of one of two kinds."""

from typing import Any, Final

from app.catalogue.frameworks import case, skills_england
from app.catalogue.frameworks.model import Framework
from app.errors import Refused, TooLarge
from app.standards import strict_json
from app.standards.strict_json import NotStrictJson

MAX_BYTES: Final = 10 * 1024 * 1024
MAX_ITEMS: Final = 10_000


def read_framework(data: bytes) -> Framework:
    """The framework in a file.

    Raises `TooLarge` (file_too_large, framework_too_large), `Refused` with the codes of `strict_json.parse`,
    framework_unknown, framework_empty, or what `case.read` and `skills_england.read` raise.
    """
    if len(data) > MAX_BYTES:
        raise TooLarge(
            "file_too_large", f"A file may have up to {MAX_BYTES // 1024**2} MB.", {"limit_bytes": MAX_BYTES}
        )
    try:
        members = strict_json.parse_object(data, MAX_BYTES)
    except NotStrictJson as wrong:
        raise Refused(wrong.code, str(wrong)) from None
    if "CFDocument" in members:
        _check_size(members, "CFItems")
        _check_size(members, "CFAssociations")
        framework = case.read(members)
    elif "referenceNumber" in members:
        _check_size(members, "knowledges", "skills", "behaviours", "duties")
        framework = skills_england.read(members)
    else:
        message = "This is neither a CASE package (CFDocument) nor a standard of Skills England (referenceNumber)."
        raise Refused("framework_unknown", message)
    if not framework.statements:
        refused = [{"row": each.row, "column": "", "message": each.message} for each in framework.refused[:20]]
        message = f"No statement in this file can be taken; {len(framework.refused)} rows were refused."
        raise Refused("framework_empty", message, {"problems": refused})
    return framework


def _check_size(members: dict[str, Any], *names: str) -> None:
    count = sum(len(found) for name in names if isinstance(found := members.get(name), list))
    if count > MAX_ITEMS:
        message = f"The file has {count:,} entries; up to {MAX_ITEMS:,} are read."
        raise TooLarge("framework_too_large", message, {"limit_items": MAX_ITEMS})
