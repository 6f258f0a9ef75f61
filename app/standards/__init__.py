"""PURE: one file per published specification. No I/O, no clock, no framework, no issuer knowledge.

Decisions kept here
- Verify the bytes received: `strict_json.parse` refuses duplicate members and anything two readers could read
  differently; a parsed model is never re-serialised to check a signature.
- One proof, `eddsa-rdfc-2022`, on the credentials we issue; `eddsa-jcs-2022` on our own receipts and checkpoints.
  Verified: these two, `ecdsa-rdfc-2019` and `ecdsa-jcs-2019` (P-256, P-384), derived proofs of `ecdsa-sd-2023`, and
  sets and chains of them; what only one of several proofs makes unreadable does not hide the others.
- An ECDSA signature can be turned into a second valid one by anybody (r, n - s), so it is never an identifier: a
  binding digest over such a proof names the proof as it was received.
- Canonicalisation is our own: JSON-LD over a closed set of contexts that are compiled once (`json_ld`), RDFC-1.0 within
  a budget of work (`rdf_canon`). Every general library reads contexts anew or is not thread-safe, drops undefined
  terms in silence, and gives up on no graph; PyLD, pyoxigraph and jsonld.js are oracles in the tests only.
- The chain anchor is a separate receipt, never a second proof: ordinary verifiers ignore or refuse proof arrays.
"""
