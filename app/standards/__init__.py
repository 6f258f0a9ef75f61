"""PURE: one file per published specification. No I/O, no clock, no framework, no issuer knowledge.

Decisions kept here
- Verify the bytes received: `strict_json.parse` refuses duplicate members and anything two readers could read
  differently; a parsed model is never re-serialised to check a signature.
- One proof, `eddsa-rdfc-2022`, on the credentials we issue; `eddsa-jcs-2022` on our own receipts and checkpoints.
  Verified: these two, `ecdsa-rdfc-2019` and `ecdsa-jcs-2019` (P-256, P-384), derived proofs of `ecdsa-sd-2023`, and
  sets and chains of them; what only one of several proofs makes unreadable does not hide the others.
- An ECDSA signature can be turned into a second valid one by anybody (r, n - s), so it is never an identifier: a
  binding digest over such a proof names the proof as it was received.
- Canonicalisation at run time is pyoxigraph with the pinned contexts inlined; PyLD and jsonld.js are oracles in
  the tests only (PyLD drops undefined terms in silence and is not thread-safe).
- The chain anchor is a separate receipt, never a second proof: ordinary verifiers ignore or refuse proof arrays.
"""
