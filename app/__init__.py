"""Stackmark: institutions issue credentials from a catalogue; digests are anchored; credentials are
stacked into profiles; holders share them; anyone verifies them.

The import order (top may import what is below it, never the reverse) is held by import-linter:

    cli > demo | operating_catalogue | operating_keys | operating_chain | operating_custody | operating_exports
    | operating_log | operating_pathways | operating_second_chain | operating_stack | operating_stacking
    | operating_wallets > operating > monitoring > main | worker | verifying | watching | conformance > web | local
    > wiring > adapters > migrating
    > sharing | verification | auditing > stacking > credentials > catalogue > institutions | anchoring
    > standards > jobs > database | settings | logs > errors

Beside the packages: `operating…` (the operator's commands), `demo` (the whole product on one machine) and `local` (the
embedded database and chain it stands on), `verifying` (what `stackmark verify` does without any database), `watching`
(what `stackmark audit --from-chain` does without one) and `monitoring` (the same on a schedule, with alarms),
`conformance` (a test tenant for public conformance suites, started by hand alone), `migrating`, `logs`.
"""

__version__ = "0.1.0"
