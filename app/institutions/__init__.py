"""Who may issue: an institution's identity, signing keys, wallets and accreditation.

Decisions
- The signing key (Ed25519) and the wallet (secp256k1) are different keys with different jobs; the DID document
  lists the wallet under capabilityInvocation alone, so it can never sign a credential.
- Keys are named by month (`#key-2026-11`), never by their own value: some verifiers take a multikey fragment at
  its word and would accept an attacker's.
- Every version of the DID document is kept. This package holds references to keystores, never key material.
"""
