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
- A name that must not be kept is erased from every stored text in the transaction that changes it. Digests stay, for
  they tell nothing; what the operator backed up before is the operator's to let run out.
"""
