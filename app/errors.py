"""The two families of failure: the request is wrong (`Refused`), or something outside failed (`OutsideFailed`).

An `AppError` carries a stable code for programs and one sentence for a registrar. It never carries a
secret and knows nothing of HTTP: `app.web.problems` maps codes to statuses, `app.cli` to exit codes.
"""

from collections.abc import Mapping
from typing import Any


class AppError(Exception):
    """A failure with a stable `code` and a sentence a registrar understands.

    `details` are JSON-ready facts (row numbers, limits) that help to mend the request.
    """

    def __init__(self, code: str, message: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details: Mapping[str, Any] = details or {}

    def __str__(self) -> str:
        return f"{self.message} [{self.code}]"


class Refused(AppError):
    """The request is wrong as it stands: repeating it unchanged will be refused again."""


class NotFound(Refused):
    """The thing named does not exist, or is not visible to the caller (the two are never told apart)."""


class NotAllowed(Refused):
    """The caller is not known, or its key does not carry the scope needed."""


class Conflict(Refused):
    """The request clashes with what is already recorded."""


class TooLarge(Refused):
    """The input is over a stated limit."""


class OutsideFailed(AppError):
    """Something outside (chain, mail, another host) failed or did not answer in time: try again later."""


class OwnersAwaited(OutsideFailed):
    """Several people hold together what is needed, and not enough of them have signed yet.

    It is theirs to do, in their own time: asking again soon is of no use.
    """

    def __init__(self, message: str) -> None:
        super().__init__("owners_awaited", message)
