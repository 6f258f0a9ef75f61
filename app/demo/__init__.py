"""`stackmark demo`: the whole product on one machine, on real parts, from a results file to a verified profile.

Steps are named, so that one that fails says which it was. A second run finds its data and resumes; Ctrl-C stops all
it started. With `check` it runs to the end, fetches every address it prints, verifies what it finds, and stops.
"""

from app.demo.running import run_demo

__all__ = ["run_demo"]
