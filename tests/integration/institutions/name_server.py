"""A real name server for tests, small: answers over UDP on this machine from records it is given."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

Records = dict[tuple[str, str], list[str]]
"""(name, type) -> the records as a zone file writes them."""

Answer = Callable[[dns.message.Message], bytes | None]


def answering(records: Records, *, signed: bool = False) -> Answer:
    """Answers from `records`, following one CNAME; `signed` = says that it validated DNSSEC when asked to tell."""

    def answer(query: dns.message.Message) -> bytes:
        response = dns.message.make_response(query, recursion_available=True)
        question = query.question[0]
        name, kind = question.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(question.rdtype)
        if signed and query.flags & dns.flags.AD:
            response.flags |= dns.flags.AD
        alias = records.get((name, "CNAME"), [])
        if alias and kind != "CNAME":
            response.answer.append(dns.rrset.from_text(question.name, 60, "IN", "CNAME", *alias))
            name = alias[0].rstrip(".")
        found = records.get((name, kind), [])
        if found:
            response.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", kind, *found))
        elif not any(known == name for known, _ in records):
            response.set_rcode(dns.rcode.NXDOMAIN)
        return response.to_wire()

    return answer


def refusing(code: dns.rcode.Rcode) -> Answer:
    def answer(query: dns.message.Message) -> bytes:
        response = dns.message.make_response(query, recursion_available=True)
        response.set_rcode(code)
        return response.to_wire()

    return answer


def silent(query: dns.message.Message) -> None:
    return None


@contextmanager
def name_server(answer: Answer) -> Iterator[tuple[int, list[str]]]:
    """Answers until the block ends; (its port on 127.0.0.1, the questions it was asked so far)."""
    asked: list[str] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        stop = threading.Event()

        def serve() -> None:
            while True:
                data, sender = udp.recvfrom(4096)
                if stop.is_set():
                    return
                query = dns.message.from_wire(data)
                asked.append(query.question[0].to_text())
                answered = answer(query)
                if answered is not None:
                    udp.sendto(answered, sender)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        port = udp.getsockname()[1]
        try:
            yield port, asked
        finally:
            stop.set()
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"stop", ("127.0.0.1", port))
            thread.join(10)
