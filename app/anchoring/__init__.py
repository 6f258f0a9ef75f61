"""Append-only logs of digests, anchored on an EVM chain. Knows digests, not credentials.

Each owner has ONE log for ever: an RFC 9162 tree of salted leaves. A checkpoint (root, tree size) of it is recorded
in the AnchorRegistry contract by the owner's own wallet; receipts are made after finality only. A log is on one chain,
where each of its checkpoints is recorded; on others, some may be recorded too, by the same wallet (`reanchoring`).

States, defined in `model`: an entry is OPEN until it is sealed into a position; a checkpoint is
sealed -> submitted -> included -> finalized, or orphaned.

Crash rules
- One checkpoint of a log is in flight on a chain at a time; what arrives meanwhile is in the next one. So the wallet's
  nonce there needs no bookkeeping of its own and nothing can overtake.
- A transaction's bytes and hash are committed before it is broadcast; a retry re-sends the same bytes.
- A block that vanished sends its checkpoint back to submitted. A chain that has forgotten finalized checkpoints is
  treated as a deep reorganisation: they become orphaned, the same root is anchored again, receipts are made again.
- Every step is its own transaction and does nothing when it has been done.
"""
