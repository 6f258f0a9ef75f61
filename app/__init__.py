"""Stackmark: institutions issue credentials from a catalogue; digests are anchored; credentials are
stacked into profiles; holders share them; anyone verifies them.

The import order (top may import what is below it, never the reverse) is held by import-linter:

    main | worker | cli > web > wiring > adapters > sharing | verification > stacking > credentials
    > catalogue > institutions | anchoring > standards > database | jobs | settings > errors
"""

__version__ = "0.1.0"
