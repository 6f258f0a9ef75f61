"""How a key is called in a cloud: short enough for a reference to fit its column, and never like another one."""

import hashlib


def key_name(owner: str, name: str) -> str:
    """At most 50 letters, digits and hyphens. It begins as people know the key; the digest at its end tells keys apart,
    those too whose owners' names run over into their own.
    """
    return f"{owner[:20]}-{name[:16]}-{hashlib.sha256(f'{owner}/{name}'.encode()).hexdigest()[:12]}"
