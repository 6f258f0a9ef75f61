"""Domain names through one resolver, with dnspython.

Every question is asked twice at most, three seconds each; an answer cut short is asked for again over TCP, where 64 kB
is the end of it. DNSSEC is validated by the resolver: its word (the AD flag, RFC 4035 section 3.2.3) is worth as much
as the way to it, so run one on this machine.
"""

import dns.asyncquery
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.resolver

from app.institutions.ports import DnsAnswer

TIMEOUT_SECONDS = 3.0
TRIES = 2
_MAX_RECORDS = 50
_MAX_TEXT = 1_000
_PAYLOAD = 1_232  # What fits an unfragmented packet on any path (DNS flag day 2020).


class ResolverNames:
    """The `DomainNames` of institutions. `server` None = the first one this machine is set up with."""

    def __init__(self, server: str | None = None, port: int = 53, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._server = server
        self._port = port
        self._timeout = timeout_seconds

    async def texts(self, name: str) -> DnsAnswer:
        return await self._ask(name, dns.rdatatype.TXT)

    async def alias(self, name: str) -> DnsAnswer:
        return await self._ask(name, dns.rdatatype.CNAME)

    async def _ask(self, name: str, kind: dns.rdatatype.RdataType) -> DnsAnswer:
        try:
            query = dns.message.make_query(name, kind, use_edns=0, payload=_PAYLOAD, want_dnssec=False)
            query.flags |= dns.flags.AD  # RFC 6840 section 5.7: tell us whether it is validated.
            server = self._server or str(dns.resolver.get_default_resolver().nameservers[0])
        except dns.exception.DNSException:
            return DnsAnswer(failure="the name, or this machine's list of name servers, cannot be used.")
        for _ in range(TRIES):
            try:
                answer, _ = await dns.asyncquery.udp_with_fallback(
                    query, server, timeout=self._timeout, port=self._port, ignore_unexpected=True, ignore_errors=True
                )
            except (dns.exception.DNSException, OSError, EOFError):
                continue
            return _read(answer, kind)
        return DnsAnswer(failure="the name server did not answer.")


def _read(answer: dns.message.Message, kind: dns.rdatatype.RdataType) -> DnsAnswer:
    validated = bool(answer.flags & dns.flags.AD)
    if answer.rcode() == dns.rcode.NXDOMAIN:
        return DnsAnswer((), validated)
    if answer.rcode() != dns.rcode.NOERROR or not isinstance(answer, dns.message.QueryMessage):
        # A resolver says SERVFAIL where a signature does not hold: that must not read as "there is no record".
        return DnsAnswer(failure=f"the name server answered {dns.rcode.to_text(answer.rcode())}.")
    try:
        found = answer.resolve_chaining().answer
    except dns.exception.DNSException:
        return DnsAnswer(failure="the name server's answer makes no sense.")
    if found is None and not answer.flags & (dns.flags.RA | dns.flags.AA):
        # It neither knows nor looks further: that it found nothing says nothing.
        return DnsAnswer(failure="the name server does not answer for that domain.")
    values: list[str] = []
    for record in [] if found is None else list(found)[:_MAX_RECORDS]:
        if kind == dns.rdatatype.TXT:
            values.append(b"".join(record.strings)[:_MAX_TEXT].decode("utf-8", errors="replace"))
        else:
            values.append(record.target.to_text(omit_final_dot=True).lower())
    return DnsAnswer(tuple(values), validated)
