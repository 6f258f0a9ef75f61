"""A canonical form with a memory, for documents that are verified again and again (status lists, shared links).

Keyed by the SHA-256 of the document itself, so it can only ever give what the same document gave before: what is
remembered is mathematics, never a verdict. Bounded, so strangers cannot fill the memory.
"""

import marshal
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from typing import Any

from app.standards.data_integrity import CanonicalForm

MAX_ENTRIES = 512
MAX_BYTES = 128 * 1024


class RememberedForm:
    """The same canonical form as `inner`; documents refused by it are not remembered."""

    def __init__(self, inner: CanonicalForm) -> None:
        self._inner = inner
        self._known: OrderedDict[bytes, bytes] = OrderedDict()

    def n_quads(self, document: Mapping[str, Any]) -> bytes:
        """Raises as `inner` does."""
        try:
            # One to one on JSON values, and faster than JSON text. Version 2 writes no references, so equal
            # documents have equal bytes.
            key = sha256(marshal.dumps(dict(document), 2)).digest()
        except ValueError:
            return self._inner.n_quads(document)
        known = self._known.get(key)
        if known is not None:
            with suppress(KeyError):  # forgotten meanwhile, by another thread
                self._known.move_to_end(key)
            return known
        made = self._inner.n_quads(document)
        if len(made) <= MAX_BYTES:
            self._known[key] = made
            if len(self._known) > MAX_ENTRIES:
                self._known.popitem(last=False)
        return made
