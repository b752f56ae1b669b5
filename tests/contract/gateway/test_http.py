"""HTTP as strangers speak it to the gateway, byte by byte. usage: test_http.py GATEWAY MILLRACECTL"""

import json
import os
import pathlib
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

from millrace import wait_until

GATEWAY, MILLRACECTL = sys.argv[1:3]
LIVE = b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n"
FEW = 8
RESERVED = 32


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def read_answers(client):
    """All that comes until the other side closes, as (status, headers, body)."""
    text = b""
    while True:
        try:
            piece = client.recv(65536)
        except ConnectionResetError:
            break
        if not piece:
            break
        text += piece
    answers = []
    while text:
        head, _, text = text.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines[1:])
        length = int(headers.get("Content-Length", 0))
        answers.append((int(lines[0].split()[1]), headers, text[:length]))
        text = text[length:]
    return answers


class GatewayTest(unittest.TestCase):
    settings = {}

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        subprocess.run([MILLRACECTL, "keys", "--out", cls.folder.name], check=True, capture_output=True)
        keys = pathlib.Path(cls.folder.name)
        cls.port = free_port()
        cls.log = open(keys / "log", "wb")
        cls.addClassCleanup(cls.log.close)
        cls.process = subprocess.Popen([GATEWAY], stderr=cls.log, env={
            **os.environ, "MILLRACE_JWKS_FILE": str(keys / "jwks.json"),
            "MILLRACE_SERVICE_KEY_FILE": str(keys / "gateway.jwk"), "MILLRACE_HTTP_PORT": str(cls.port),
            "MILLRACE_HTTP_STOP_MS": "1000", **cls.settings})
        cls.addClassCleanup(cls.stop)
        cls.wait_until(cls.is_there, "the gateway listens")

    @classmethod
    def stop(cls):
        cls.process.terminate()
        cls.process.wait(timeout=20)

    @staticmethod
    def wait_until(condition, what, seconds=20):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(f"waited {seconds} s in vain until {what}")
            time.sleep(0.02)

    @classmethod
    def is_there(cls):
        try:
            return cls.ask(LIVE)[0][0] == 200
        except ConnectionRefusedError:
            return False

    @classmethod
    def connect(cls):
        return socket.create_connection(("127.0.0.1", cls.port), timeout=20)

    @classmethod
    def ask(cls, text):
        """What is answered to a client that says this and ends."""
        with cls.connect() as client:
            client.sendall(text)
            client.shutdown(socket.SHUT_WR)
            return read_answers(client)

    def assert_statuses(self, text, *statuses):
        self.assertEqual([status for status, _, _ in self.ask(text)], list(statuses), text[:200])


class ReaderTest(GatewayTest):
    def test_what_two_readers_could_read_differently_is_refused_once(self):
        head = b"POST /api/v1/orders HTTP/1.1\r\nHost: a\r\n"
        for status, text in [
                (400, head + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nab"),
                (400, head + b"Content-Length: 2x\r\n\r\nab"),
                (400, head + b"Content-Length: 2\x003\r\n\r\nab"),
                (400, head + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
                (411, head + b"Transfer-Encoding: chunked\r\n\r\n" + b"1" * 40000 + b"\r\n"),
                (411, head + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX-T: 1\n\n"),
                (413, head + b"Content-Length: 65537\r\n\r\n"),
                (417, head + b"Expect: a\r\n\r\n"),
                (400, head + b": nameless\r\n\r\n"),
                (400, head + b"X : 1\r\n\r\n"),
                (400, head + b"X: 1\r\n folded\r\n\r\n"),
                (400, head + b"X: 1\n\r\n"),
                (400, head + b"X: 1\r2\r\n\r\n"),
                (400, head + b"X: 1\x002\r\n\r\n"),
                (400, head + b"X: \xfc\r\n\r\n"),
                (400, head + b"Host: a\r\n\r\n"),
                (400, head + b"Authorization: a\r\nauthorization: a\r\n\r\n"),
                (400, b"GET /health/live\x00 HTTP/1.1\r\nHost: a\r\n\r\n"),
                (400, b"GET /health%2Flive HTTP/1.1\r\nHost: a\r\n\r\n"),
                (400, b"GET /health/x/../live HTTP/1.1\r\nHost: a\r\n\r\n"),
                (400, b"GET http://b/health/live HTTP/1.1\r\nHost: a\r\n\r\n"),
                (400, b"GET /health/live HTTP/1.1\nHost: a\n\n"),
                (400, b"GET /health/live HTTP/1.1\r\n\r\n"),
                (400, b"\r\n"),
                (505, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
                (505, b"GET /health/live HTTP/1.2\r\nHost: a\r\n\r\n"),
                (400, b"GET /health/live?" + b"a=1&" * 500 + b" HTTP/1.1\r\nHost: a\r\n\r\n"),
                (414, b"GET /" + b"a" * 8192 + b" HTTP/1.1\r\nHost: a\r\n\r\n"),
                (431, head + b"X: " + b"a" * 32768 + b"\r\n\r\n"),
                (431, head + b"X: 1\r\n" * 101 + b"\r\n")]:
            self.assert_statuses(text + LIVE, status)

    def test_a_refusal_has_the_body_of_every_error(self):
        status, headers, body = self.ask(b"nonsense\r\n\r\n")[0]
        self.assertEqual((status, headers["Connection"]), (400, "close"))
        self.assertEqual(json.loads(body)["error"], "BAD_REQUEST")

    def test_what_is_sent_together_with_the_end_is_served(self):
        self.assert_statuses(LIVE * 20, *[200] * 20)
        self.assert_statuses(LIVE + b"GET /heal", 200)
        self.assert_statuses(b"GET /heal")
        self.assert_statuses(b"")

    def test_every_cut_of_a_request_is_the_same_request(self):
        text = b"GET http://a/health/live?a=1 HTTP/1.1\r\nHost: a\r\nX-One: 1\r\n\r\n"
        for cut in range(1, len(text)):
            with self.connect() as client:
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                client.sendall(text[:cut])
                client.sendall(text[cut:])
                client.shutdown(socket.SHUT_WR)
                self.assertEqual([status for status, _, _ in read_answers(client)], [200], text[:cut])

    def test_http_1_0_is_answered_and_closed(self):
        with self.connect() as client:
            client.sendall(b"GET /health/live HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            self.assertEqual([status for status, _, _ in read_answers(client)], [200])

    def test_a_hundred_whose_data_and_end_come_together_take_no_place(self):
        """More than one address may have: they leave at once, and not when their time is over."""
        for _ in range(100):
            with self.connect() as client:
                client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\na", socket.MSG_MORE)
                client.shutdown(socket.SHUT_WR)
        wait_until(lambda: self.ask(b"GET /api/v1/orders HTTP/1.1\r\nHost: a\r\n\r\n")[0][0] == 401,
                   "the next client has a place", 5)


class CrowdTest(GatewayTest):
    settings = {"MILLRACE_HTTP_CONNECTIONS_PER_ADDRESS": str(FEW), "MILLRACE_HTTP_HEAD_MS": "60000"}

    def test_health_is_answered_when_a_crowd_has_taken_all(self):
        crowd = [self.connect() for _ in range(FEW + 2 * RESERVED)]
        for client in crowd:
            client.sendall(b"GET / HTTP/1.1\r\n")
        for page in (b"/health/live", b"/metrics"):
            self.assert_statuses(b"GET " + page + b" HTTP/1.1\r\nHost: a\r\n\r\n", 200)
        status, headers, body = self.ask(b"GET /api/v1/orders HTTP/1.1\r\nHost: a\r\n\r\n")[0]
        self.assertEqual((status, json.loads(body)["error"]), (503, "OVERLOADED"))
        self.assertIn("Retry-After", headers)
        for client in crowd:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
        self.wait_until(lambda: self.ask(b"GET /api/v1/orders HTTP/1.1\r\nHost: a\r\n\r\n")[0][0] == 401,
                        "the crowd is gone")


class ProxyTest(GatewayTest):
    settings = {"MILLRACE_HTTP_TRUSTED_PROXIES": "10.0.0.0/8, 127.0.0.1",
                "MILLRACE_RATE_LIMIT_PER_MINUTE": "2"}

    def statuses_of(self, forwarded, n):
        request = b"GET /api/v1/orders HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: " + forwarded + b"\r\n\r\n"
        return [self.ask(request)[0][0] for _ in range(n)]

    def clients_logged(self):
        log = pathlib.Path(self.folder.name) / "log"
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        return {(line["message"], line["client"]) for line in lines if "client" in line}

    def test_whom_the_proxy_names_is_counted_and_logged(self):
        self.assertEqual(self.statuses_of(b"192.0.2.1, 10.0.0.2", 3), [401, 401, 429])
        self.assertEqual(self.statuses_of(b"192.0.2.1, 192.0.2.2", 2), [401, 401])
        self.assertEqual(self.statuses_of(b"2001:db8::1", 2), [401, 401])
        self.assertEqual(self.statuses_of(b"2001:db8::ffff", 1), [429])
        self.assertLessEqual({("request refused", "192.0.2.1"), ("request refused", "192.0.2.2"),
                              ("request refused", "2001:db8::1"), ("requests refused", "192.0.2.1")},
                             self.clients_logged())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
