"""PURE: one file per published specification. No I/O, no clock, no framework, no issuer knowledge.

Decisions kept here
- Verify the bytes received: `strict_json.parse` refuses duplicate members and anything two readers could read
  differently; a parsed model is never re-serialised to check a signature.
- One proof for credentials, `eddsa-rdfc-2022`; `eddsa-jcs-2022` for our own receipts and checkpoints.
- Canonicalisation at run time is pyoxigraph with the pinned contexts inlined; PyLD and jsonld.js are oracles in
  the tests only (PyLD drops undefined terms in silence and is not thread-safe).
- The chain anchor is a separate receipt, never a second proof: ordinary verifiers ignore or refuse proof arrays.
"""
