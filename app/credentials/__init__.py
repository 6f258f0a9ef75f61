"""Issuing: orders, building, signing, status, correction and withdrawal of credentials.

Decisions
- Intent before key: an order is stored as an unsigned document (PREPARED) before a key is used, in bulk in its own
  transaction. What was prepared is signed exactly once, whatever stops in between.
- A signed document is stored as the bytes that were signed and served as those bytes; nothing re-serialises it.
- "Anchored" is never stored here: it is derived from the log.
- Every signature is checked before it is stored. The canonical form comes from a compiled shape, which is compared
  with the full JSON-LD path when it is compiled and once in every batch.
- What awards nothing (a learner's record, an endorsement) lies in the table of credentials under a kind of its own:
  served, withdrawn, logged and audited like any other, and never counted among what a learner holds.
- Status indexes are drawn at random from the free ones of a list, so a position tells nothing about when or for
  whom a credential was issued.
- A correction is a new edition of the same credential: same id, newer `validFrom`, a new status place. The main row
  holds the newest edition, so that whoever adds credentials up never meets a former one.
- Whatever can be asked for twice at once takes a lock first, a row's or, before there is a row, an advisory one: the
  second is told what it would have been told a minute later, never that a constraint was hit.
- An accreditation is signed again, with its number and its place in the status list, whenever its statement would no
  longer count: after the loss of the accreditor's key, after a change of the wallet that it names.
- A name that must not be kept is erased from every stored text in the transaction that changes it. Digests stay, for
  they tell nothing; what the operator backed up before is the operator's to let run out.
"""
