"""Verifying a credential from what is public: the document, the issuer's DID document and status list, a chain.

Could be lifted out as a library. It imports no issuer-side package and no database: a verifier that reads the
issuer's tables proves nothing. Evidence is gathered through ports first (`verify`), then pure, ordered checks run
over it (`checks`), each leaving one finding; the findings decide one verdict (`report`).

What many credentials share is read and checked once for as long as its bytes stay the same (`reader`); a report never
depends on what was seen before.

A stacked award is checked twice: as a document, and as a sum (`checks.adds_up`). Its parts are had from the file, or
from where the award's rules are published, each is verified in full by the key of its own issuer, and the rules are
run again. Decided:
- An award whose parts do not make it is not valid, whoever signed it. One that they made, and of which a part has been
  withdrawn or corrected since, was valid: it is genuine, and no longer what it says.
- A part or a rule set that cannot be had, or a part that does not say clearly what it is, leaves the award at "cannot
  tell", like everything that is not known.
- The sum is that of the parts the award names, on the day it was made; their standing is that of now.
- The rules are a library that is imported (`stacking.rules`, pure); nothing of what an institution keeps is.

What is unknown is never shown as good: an unreachable host or chain is ERROR, and the verdict then is "cannot tell".
"""
