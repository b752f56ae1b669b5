"""The gateway's process as others see it. usage: test_gateway.py GATEWAY MILLRACECTL"""

import os
import pathlib
import resource
import socket
import subprocess
import sys
import tempfile
import unittest

GATEWAY, MILLRACECTL = sys.argv[1:3]


class LifeTest(unittest.TestCase):
    def run_gateway(self, before=None, **settings):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([MILLRACECTL, "keys", "--out", folder], check=True, capture_output=True)
            keys = pathlib.Path(folder)
            environment = {**os.environ, "MILLRACE_JWKS_FILE": str(keys / "jwks.json"),
                           "MILLRACE_SERVICE_KEY_FILE": str(keys / "gateway.jwk"), **settings}
            return subprocess.run([GATEWAY], env=environment, capture_output=True, text=True, timeout=10,
                                  preexec_fn=before)

    def test_a_taken_port_is_a_clear_error(self):
        for variable in ("MILLRACE_HTTP_PORT", "MILLRACE_METRICS_PORT"):
            with socket.create_server(("127.0.0.1", 0)) as other:
                port = str(other.getsockname()[1])
                ports = {"MILLRACE_HTTP_PORT": "0", variable: port}
                done = self.run_gateway(**ports)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn(f"Cannot listen on 127.0.0.1 port {port}: Address already in use", done.stderr)
            self.assertNotIn("waiting", done.stderr)

    def test_too_few_descriptors_are_a_clear_error(self):
        """1024 connections, 32 reserved, and 256 for everything else; the port that is taken comes after."""
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = str(other.getsockname()[1])
            for limit, problem in ((1311, "need a limit of 1312 open files, not 1311"),
                                   (1312, "Address already in use")):
                done = self.run_gateway(lambda n=limit: resource.setrlimit(resource.RLIMIT_NOFILE, (100, n)),
                                        MILLRACE_HTTP_PORT=port)
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertIn(problem, done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
