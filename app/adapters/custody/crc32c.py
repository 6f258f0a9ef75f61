"""CRC-32C (Castagnoli), the checksum with which Google's services prove that bytes arrived as they were sent.

RFC 3720, appendix B.4: polynomial 0x1EDC6F41, reflected. It finds accidents, not attacks.
"""


def _table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return tuple(table)


_TABLE = _table()


def crc32c(data: bytes) -> int:
    """An unsigned number of 32 bits."""
    rest = 0xFFFFFFFF
    for byte in data:
        rest = rest >> 8 ^ _TABLE[(rest ^ byte) & 0xFF]
    return rest ^ 0xFFFFFFFF
