"""gRPC as bytes: an HTTP/2 client that sends the headers it is told to, which no gRPC library would."""

import socket
import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, GOAWAY = 0, 1, 3, 4, 7
END_STREAM, END_HEADERS = 1, 4


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def literal(text):
    packed = text.encode()
    assert len(packed) < 127
    return bytes([len(packed)]) + packed


def header_block(headers):
    """Every header as a literal that nobody is to remember, without Huffman's code."""
    return b"".join(b"\x00" + literal(name) + literal(value) for name, value in headers)


def request_headers(path, **changed):
    """What a gRPC client sends; `te=None` leaves one out, `te="gzip"` changes one."""
    headers = {":method": "POST", ":scheme": "http", ":path": path, ":authority": "localhost",
               "te": "trailers", "content-type": "application/grpc", "grpc-timeout": "5S"}
    headers.update(changed)
    return [(name, value) for name, value in headers.items() if value is not None]


def read_exactly(connection, n_bytes):
    data = b""
    while len(data) < n_bytes:
        more = connection.recv(n_bytes - len(data))
        if not more:
            raise ConnectionError("the server hung up")
        data += more
    return data


def grpc_status(block):
    """The status among trailers: a literal, since it is the first that the connection has."""
    name = literal("grpc-status")
    if name not in block:
        return None
    start = block.index(name) + len(name)
    return int(block[start + 1:start + 1 + block[start]])


def call(port, headers, message=b"", flags=0):
    """Makes one call on a connection of its own. Returns (gRPC status, None when the stream or the
    connection was cut; all header bytes that came)."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        body = struct.pack(">BI", flags, len(message)) + message
        connection.sendall(PREFACE + frame(SETTINGS, 0, 0) + frame(SETTINGS, 1, 0)
                           + frame(HEADERS, END_HEADERS, 1, header_block(headers))
                           + frame(DATA, END_STREAM, 1, body))
        block = b""
        while True:
            length, kind, flags, stream = struct.unpack(">IBBI", b"\0" + read_exactly(connection, 9))
            payload = read_exactly(connection, length)
            if kind == HEADERS:
                block += payload
            if kind in (RST_STREAM, GOAWAY):
                return None, block
            if stream == 1 and flags & END_STREAM and kind in (HEADERS, DATA):
                return grpc_status(block), block
