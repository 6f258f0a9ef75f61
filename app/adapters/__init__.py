"""The outside, one file per port. Every call has a timeout, a size limit and a bounded retry."""
