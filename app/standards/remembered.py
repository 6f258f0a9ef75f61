"""Work done once and remembered by content, for documents that are verified again and again.

A key holds the SHA-256 of the whole document (and what else the outcome depends on), so it can only ever give what the
same bytes gave before: what is remembered is mathematics, never a verdict, and nothing that depends on the time. What
fails is worked out again each time. Bounded, so strangers cannot fill the memory.
"""

import marshal
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from hashlib import sha256
from threading import Lock
from typing import Any, TypeVar

from app.standards.data_integrity import CanonicalForm

MAX_ENTRIES = 512
MAX_BYTES = 128 * 1024
MAX_MEMORY = 64 * 1024 * 1024

Key = tuple[Any, ...]
"""The name of what is made, and everything hashable it is made of."""
Made = TypeVar("Made")


class Memory:
    """What was made for a key, oldest use out first; safe to share between threads.

    `limit` is in bytes, as `weight` is: an estimate of what one outcome and its key take. An outcome of more than a
    sixteenth of the whole is not kept. Two threads may make the same thing; both get the same value.
    """

    def __init__(self, limit: int = MAX_MEMORY) -> None:
        self._limit = limit
        self._held = 0
        self._known: OrderedDict[Key, tuple[Any, int]] = OrderedDict()
        self._writing = Lock()

    def recall(self, key: Key, make: Callable[[], Made], weigh: Callable[[Made], int | None]) -> Made:
        """What `make` gives, or gave for this `key` before. What it raises is not remembered, nor what `weigh` gives
        None for.

        `key` is a name of what is made and everything it is made of: digests of bytes, texts, numbers. Whoever gets
        the outcome must not change it.
        """
        known = self._known.get(key)
        if known is not None:
            with suppress(KeyError):  # forgotten meanwhile, by another thread
                self._known.move_to_end(key)
            remembered: Made = known[0]
            return remembered
        made = make()
        weight = weigh(made)
        if weight is not None:
            self.keep(key, made, weight)
        return made

    def known(self, key: Key) -> Any:
        """What is kept for `key`, or None; for what cannot be made without waiting."""
        known = self._known.get(key)
        return known[0] if known is not None else None

    def keep(self, key: Key, made: object, weight: int) -> None:
        if weight > self._limit // 16:
            return
        with self._writing:
            replaced = self._known.pop(key, None)
            self._held += weight - (replaced[1] if replaced else 0)
            self._known[key] = (made, weight)
            while self._held > self._limit:
                _, (_, oldest) = self._known.popitem(last=False)
                self._held -= oldest


def content(value: Any) -> bytes | None:
    """SHA-256 (32 bytes) of a JSON value; None for what has none. The order of members counts."""
    try:
        # One to one on JSON values, and faster than JSON text. Version 2 writes no references, so equal
        # documents have equal bytes.
        return sha256(marshal.dumps(value, 2)).digest()
    except ValueError:
        return None


class RememberedForm:
    """The same canonical form as `inner`; documents refused by it are not remembered."""

    def __init__(self, inner: CanonicalForm) -> None:
        self._inner = inner
        self._known: OrderedDict[bytes, bytes] = OrderedDict()

    def n_quads(self, document: Mapping[str, Any]) -> bytes:
        """Raises as `inner` does."""
        key = content(dict(document))
        if key is None:
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
