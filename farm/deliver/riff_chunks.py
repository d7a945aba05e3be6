"""Chunks of RIFF: a name, a size and a body, padded to an even size."""

import struct


def chunk(name: bytes, body: bytes) -> bytes:
    """Return a RIFF chunk."""
    return struct.pack("<4sI", name, len(body)) + body + bytes(len(body) % 2)
