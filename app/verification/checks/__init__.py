"""The checks, each pure, each leaving one finding; `report.DEFENDS_AGAINST` says what each is for.

    document    structure, dates, signature: what the file alone tells
    keys        issuer_key, signing_time: whose key it was, and whether it counted when it was used
    register    inclusion, checkpoint, chain: the log and the public register
    standing    status: withdrawn, corrected or in force
    issuer      who the issuer is, by the verifier's own list
    adds_up     whether a stacked award is the sum of its parts, done again by its own rules

They run in the order of `verify.run_checks`, the last one after them. What one establishes stands on the `Trail` for
those after it.
"""
