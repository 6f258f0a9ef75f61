"""What people paste: a number, or a link to one of our pages. Read only; nothing here ever leads to another host."""

import re
from urllib.parse import urlsplit
from uuid import UUID

from app.errors import NotFound, Refused

_NUMBER = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_ANY_NUMBER = re.compile(_NUMBER)
_ANY_PROFILE = re.compile(r"/p/([A-Za-z0-9_-]{16,64})(?:[/?#]|$)")
_OUR_PATH = re.compile(rf"/(?:(?:verify|credentials)/({_NUMBER})(?:/bundle)?|p/([A-Za-z0-9_-]{{16,64}}))/?", re.ASCII)


def find(pasted: str) -> str:
    """The path of our page that `pasted` means, whatever surrounds it. Raises `NotFound("reference_unknown")`."""
    number, profile = _ANY_NUMBER.search(pasted), _ANY_PROFILE.search(pasted)
    if number is not None:
        return f"/verify/{number[0].lower()}"
    if profile is not None:
        return f"/p/{profile[1]}"
    raise NotFound("reference_unknown", "That is neither the number of a credential nor a link to one.")


def read(link: str, public_url: str) -> tuple[UUID | None, str]:
    """(number of a credential, token of a profile): one of them, from a link to this installation.

    The host must be exactly that of `public_url`: an answer about another site's page would be an answer about
    something that was never looked at, for its address is never visited. Raises `Refused("url_not_ours")` and
    `NotFound("reference_unknown")`.
    """
    try:
        parts = urlsplit(link)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or parts.netloc.lower() != urlsplit(public_url).netloc.lower():
        raise Refused(
            "url_not_ours",
            "This link leads to another site, which is not visited from here. Download the credential there and "
            "check the file, or check it on that site.",
        )
    found = _OUR_PATH.fullmatch(parts.path)
    if found is None:
        raise NotFound("reference_unknown", "This link does not lead to a credential. Was it copied in full?")
    return (UUID(found[1]), "") if found[1] else (None, found[2])
