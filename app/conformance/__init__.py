"""A test tenant for public conformance suites: `stackmark serve --conformance`, started by hand and never otherwise.

It signs whatever is a well-formed credential, with keys that are their own names (did:key) and that no verifier but
its own knows, so it must never stand in the process of a college: it is served by itself, from memory, without the
database, the keystore or the chain, and nothing else imports it.

    keys         an Ed25519, a P-256 and a P-384 key, each an issuer of its own
    tenant       what they sign, and the list of what was withdrawn
    vocabulary   the contexts that suites write into their documents
    certificate  HTTPS for localhost, made anew at each start
    serving      the VC API (`app.web.vc_api`) over all that
"""
