"""Everything HTTP: JSON for programs (`api`), published documents (`documents`,
`identities`), pages for people (`pages`).

Decisions
- One transaction per request, opened by a dependency and committed before the answer is sent. Verification holds
  none while it gathers evidence: it reads through its own ports, as a stranger would.
- A request is authenticated before its body is read, its size is limited on the stream, and JSON is read strictly:
  a document with two meanings is refused.
- What was signed is served as the bytes that were signed. The hottest routes are plain Starlette routes.
- Every failure is an RFC 9457 problem with the application's own code, or, for a browser, a page in plain words.
- Pages need no script, no cookie and nothing from another host; a learner's page is never indexed.

Never here: SQL, rules of a domain, keys.
"""
