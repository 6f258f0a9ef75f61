"""Measurements of Stackmark: `make bench`, or `python -m benchmarks --help`.

Machines differ and drift, so a figure alone says little. Each is shown beside a reference measured in the same run,
in turns with it, and the ratio is what can be quoted: figure divided by the reference's figure, in the same unit. For
rates more is better, for times and gas less.

Nothing here is a test: no figure fails a run. What is measured is first checked to work (signatures hold, the verdict
is "valid", every answer is 200), so that a fast failure cannot pass for a good figure. All traffic stays on 127.0.0.1.
"""
