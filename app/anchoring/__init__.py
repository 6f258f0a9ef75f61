"""Append-only logs of digests, anchored on an EVM chain. Knows digests, not credentials.

Each owner has ONE log for ever: an RFC 9162 tree of salted leaves. A checkpoint (root, tree size) of it is recorded
in the AnchorRegistry contract by the owner's own wallet; receipts are made after finality only. A log is on one chain,
where each of its checkpoints is recorded; on others, some may be recorded too, by the same wallet (`reanchoring`).

States and their legal moves are data (`model.MOVES`), and the store refuses any other move. An entry is OPEN until it
is sealed into a position. A checkpoint is:

    sealed      it has a root and a size; nothing is sent     -> submitted, orphaned
    submitted   its transaction is signed and on disk         -> included, finalized, sealed (signed anew), orphaned
    included    it is in a block                              -> finalized, submitted (it vanished), sealed, orphaned
    finalized   that block cannot vanish; receipts are made   -> orphaned (the chain forgot, or its wallet was stolen)
    orphaned    for good: a later checkpoint covers it, on this chain or on the one that the log moved to

Sending (`sending`, `fees`, `alarms`)
- One checkpoint of a log is in flight on a chain at a time; what arrives meanwhile is in the next one. So nothing can
  overtake, and the number (nonce) of a transaction is the one stored with its bytes, or the first that is free.
- A transaction that waits is replaced by a dearer one with the same number, up to the cap; never joined by a second.
  Only when that number was taken by something else, and finally so, is a new one signed.
- Entries wait for company (a number or an age, whichever comes first) before they are sealed.
- What stands in the way is an alarm for as long as it does. An owner can stop the wallet: nothing is sealed or sent.
- Another wallet may follow; each checkpoint remembers which one recorded it.

Crash rules
- A transaction's bytes and hash are committed before it is broadcast; a retry re-sends the same bytes.
- A block that vanished sends its checkpoint back to submitted. A chain that has forgotten finalized checkpoints is
  treated as a deep reorganisation: they become orphaned, the same root is anchored again, receipts are made again.
- Every step is its own transaction and does nothing when it has been done.
"""
