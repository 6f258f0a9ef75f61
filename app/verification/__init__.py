"""Verifying a credential from what is public: the document, the issuer's DID document and status list, a chain.

Could be lifted out as a library. It imports no issuer-side package and no database: a verifier that reads the
issuer's tables proves nothing. Evidence is gathered through ports first (`verify`), then pure, ordered checks run
over it (`checks`), each leaving one finding; the findings decide one verdict (`report`).

What many credentials share is read and checked once for as long as its bytes stay the same (`reader`); a report never
depends on what was seen before.

What is unknown is never shown as good: an unreachable host or chain is ERROR, and the verdict then is "cannot tell".
"""
