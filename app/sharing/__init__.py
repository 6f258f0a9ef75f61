"""The holder decides: links to a learner's profile, with an end, withdrawal and a log of views.

A link's token is 128 random bits, stored hashed; it is apart from every record's id, and nothing personal is in the
address. Private by default: without a link there is no profile page.
"""
