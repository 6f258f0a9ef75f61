"""What can go wrong with a custodian, in words and with stable codes. No message holds a secret or what a key signed.

`OutsideFailed`: try again later, nothing is lost. `Refused`: somebody has to set this installation right first.
"""

from app.errors import Conflict, OutsideFailed, Refused


def unreachable(title: str) -> OutsideFailed:
    return OutsideFailed(
        "custody_unreachable", f"{title} does not answer just now; what waits for a signature is kept and tried again."
    )


def throttled(title: str) -> OutsideFailed:
    return OutsideFailed("custody_throttled", f"{title} asks for fewer signatures at a time; they are tried again.")


def failed(title: str, what: str) -> OutsideFailed:
    """`what`: the custodian's own name for the failure, never its whole message."""
    return OutsideFailed("custody_failed", f"{title} could not do it; it says {what}.")


def denied(title: str) -> OutsideFailed:
    return OutsideFailed(
        "custody_denied", f"{title} does not let this service do that: its login or its permissions are not right."
    )


def wrong_signature(title: str) -> OutsideFailed:
    return OutsideFailed(
        "custody_signature_wrong",
        f"{title} gave a signature that the key's public half does not confirm; it is not used.",
    )


def garbled(title: str) -> OutsideFailed:
    return OutsideFailed(
        "custody_garbled", f"{title} gave an answer that is damaged or cannot be read; it is not used."
    )


def key_missing(title: str, reference: str) -> OutsideFailed:
    return OutsideFailed("key_missing", f"{title} holds no usable key {reference}; was it deleted, or is it another's?")


def key_disabled(title: str, reference: str) -> OutsideFailed:
    return OutsideFailed("key_disabled", f"{title} has the key {reference} switched off or marked for deletion.")


def key_exists(title: str, name: str) -> Conflict:
    return Conflict("key_exists", f"{title} has a key by the name {name} already; it is left as it is.")


def not_configured(title: str, setting: str) -> Refused:
    return Refused(
        "custody_not_configured", f"Keys lie with {title}, and this installation is not set up for it: set {setting}."
    )


def library_missing(title: str, package: str) -> Refused:
    return Refused("custody_library_missing", f"Keys with {title} need the package {package}, which is not installed.")


def unknown_custody(scheme: str) -> Refused:
    return Refused("custody_unknown", f"A key lies with {scheme!r}, which this version of Stackmark does not know.")


def kind_not_kept(title: str, kind: str) -> Refused:
    return Refused(
        "custody_kind_not_kept",
        f"{title} has no keys of the kind needed here ({kind}): name another custodian for them.",
    )


def pin_missing(why: str) -> Refused:
    return Refused("pin_missing", f"The file with the module's PIN cannot be read: {why}.")


def pin_wrong() -> Refused:
    return Refused(
        "pin_wrong",
        "The PIN does not open the module. It is not tried again before a restart: modules lock themselves.",
    )


def pin_locked() -> Refused:
    return Refused("pin_locked", "The module has locked its PIN, or is about to: its officer must set it anew.")
