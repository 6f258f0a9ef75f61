"""Auditing a log from outside: from what an institution publishes and from the chain alone, as anybody could.

Could be lifted out as a library: it reads no table of ours, and what it needs of the outside it asks through two ports.
It keeps nothing but what the caller lets it remember (`seen`), and believes nothing it was not shown a proof of: every
root is computed again from the leaves, so that two checkpoints agree exactly when both are beginnings of one log.

`recompute` the maths · `checks` published against recorded · `claims` dates claimed against dates recorded · `seen`
what a witness remembers · `alarms` which faults are new and which are over · `audit` all of it, in order.
"""
