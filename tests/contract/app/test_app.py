"""A process as others see it: reflection, health, refusals, signals. usage: test_app.py ECHO_APP"""

import gzip
import os
import pathlib
import resource
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

import grpc

import http2_peer
from grpc_client import Reflection, Service, reason_of
from prometheus import problems

ECHO_APP = sys.argv[1]
ECHO = "echo.v1.EchoService"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, what, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited in vain until {what}"
        time.sleep(0.01)


class EchoApp:
    """One echo process and a channel to it."""

    def __init__(self, **settings):
        self.folder = tempfile.TemporaryDirectory()
        self.port = settings.pop("port", None) or free_port()
        keys = str(pathlib.Path(self.folder.name) / "jwks.json")
        self.log_path = pathlib.Path(self.folder.name) / "log"
        environment = {**os.environ, "MILLRACE_GRPC_PORT": str(self.port), "MILLRACE_JWKS_FILE": keys,
                       "ECHO_KEYS": keys, "MILLRACE_DRAIN_MS": "5000", "MILLRACE_REFLECTION": "true",
                       **{name: str(value) for name, value in settings.items()}}
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen([ECHO_APP], env=environment, stderr=log)
        self.channel = grpc.insecure_channel(f"127.0.0.1:{self.port}")

    def log(self):
        return self.log_path.read_text()

    def wait_ready(self):
        wait_until(lambda: '"message":"ready"' in self.log() or self.process.poll() is not None,
                   "it is ready")
        return self

    def service(self, name=ECHO, version="v1"):
        return Service(self.channel, Reflection(self.channel, version), name)

    def say(self, text="x", **options):
        service = self.service()
        return service.method("Say")(service.request("Say", text=text), timeout=5, **options)

    def close(self):
        self.channel.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.folder.cleanup()


class AppTest(unittest.TestCase):
    def app(self, **settings):
        app = EchoApp(**settings)
        self.addCleanup(app.close)
        return app

    def assert_fails(self, code, call):
        with self.assertRaises(grpc.RpcError) as caught:
            call()
        self.assertEqual(caught.exception.code(), code, caught.exception.details())
        return caught.exception


class ReflectionTest(AppTest):
    def each_version(self):
        app = self.app().wait_ready()
        for version in ("v1", "v1alpha"):
            with self.subTest(version):
                yield app, Reflection(app.channel, version)

    def test_lists_every_service(self):
        for _, reflection in self.each_version():
            self.assertEqual(reflection.services(), [
                ECHO, "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
                "grpc.reflection.v1alpha.ServerReflection"])

    def test_describes_and_calls_without_a_proto_file(self):
        for app, reflection in self.each_version():
            service = Service(app.channel, reflection, ECHO)
            self.assertEqual([method.name for method in service.descriptor.methods],
                             ["Say", "Buy", "Hold", "Hide", "Count"])
            answer = service.method("Say")(service.request("Say", text="café", number=7), timeout=5)
            self.assertEqual(answer.text, "café")
            numbers = [a.number for a in service.method("Count")(service.request("Count", to=100), timeout=5)]
            self.assertEqual(numbers, list(range(1, 101)))

    def test_describes_itself_and_health(self):
        for app, reflection in self.each_version():
            for name in reflection.services():
                self.assertTrue(Service(app.channel, reflection, name).descriptor.methods)

    def test_finds_messages_and_methods(self):
        for _, reflection in self.each_version():
            for symbol in ("echo.v1.SayRequest", "echo.v1.EchoService.Say", "common.v1.Role"):
                answer = reflection.ask_one(file_containing_symbol=symbol)
                self.assertEqual(len(answer.file_descriptor_response.file_descriptor_proto), 1, symbol)
                self.assertEqual(answer.original_request.file_containing_symbol, symbol)

    def test_says_not_found(self):
        for _, reflection in self.each_version():
            for question in ({"file_containing_symbol": "echo.v1.Nothing"},
                             {"file_by_filename": "nothing.proto"},
                             {"file_containing_extension": {"containing_type": "x", "extension_number": 1}},
                             {"all_extension_numbers_of_type": "google.protobuf.MethodOptions"}):
                self.assertEqual(reflection.ask_one(**question).error_response.error_code, 5, question)

    def test_answers_many_questions_in_one_stream(self):
        for _, reflection in self.each_version():
            answers = reflection.ask(
                *[{"file_by_filename": "echo/v1/echo.proto"}, {"list_services": ""}] * 20)
            self.assertEqual([a.WhichOneof("message_response") for a in answers],
                             ["file_descriptor_response", "list_services_response"] * 20)


class StrangersTest(AppTest):
    def test_describes_itself_only_when_told_to(self):
        app = self.app(MILLRACE_REFLECTION="").wait_ready()
        for version in ("v1", "v1alpha"):
            self.assert_fails(grpc.StatusCode.UNIMPLEMENTED,
                              lambda: Reflection(app.channel, version).services())

    def test_listens_on_loopback_unless_told_otherwise(self):
        app = self.app().wait_ready()
        sockets = [line.split() for table in ("tcp", "tcp6")
                   for line in pathlib.Path(f"/proc/net/{table}").read_text().splitlines()[1:]]
        listening = [local for _, local, _, state, *_ in sockets
                     if state == "0A" and local.endswith(f":{app.port:04X}")]
        self.assertEqual([local.split(":")[0][-8:] for local in listening], ["0100007F"])

    def test_listens_on_a_unix_socket(self):
        with tempfile.TemporaryDirectory() as folder:
            app = self.app(MILLRACE_GRPC_ADDRESS=f"unix:{folder}/echo").wait_ready()
            with socket.socket() as probe:
                self.assertNotEqual(probe.connect_ex(("127.0.0.1", app.port)), 0)
            app.channel = grpc.insecure_channel(f"unix:{folder}/echo")
            self.assertEqual(app.say("here").text, "here")

    def test_its_memory_is_not_dumped_unless_told_otherwise(self):
        self.assertIn("dumpable 0\n", self.app().wait_ready().log())
        self.assertIn("dumpable 1\n", self.app(MILLRACE_DUMPABLE="true").wait_ready().log())


class CallTest(AppTest):
    def test_refuses_an_unknown_method_at_once(self):
        app = self.app().wait_ready()
        for path in ("/echo.v1.EchoService/Shout", "/nobody.v1.NobodyService/Say"):
            begin = time.monotonic()
            self.assert_fails(grpc.StatusCode.UNIMPLEMENTED,
                              lambda: app.channel.unary_unary(path)(b"", timeout=5))
            self.assertLess(time.monotonic() - begin, 1)

    def test_refuses_a_message_that_is_too_large(self):
        app = self.app().wait_ready()
        self.assert_fails(grpc.StatusCode.RESOURCE_EXHAUSTED, lambda: app.say("x" * 262145))
        self.assertEqual(app.say("x" * 262000).text, "x" * 262000)

    def test_takes_a_message_in_gzip_within_the_same_limit(self):
        app = self.app().wait_ready()
        self.assertEqual(app.say("x" * 262000, compression=grpc.Compression.Gzip).text, "x" * 262000)
        error = self.assert_fails(grpc.StatusCode.RESOURCE_EXHAUSTED,
                                  lambda: app.say("x" * 262145, compression=grpc.Compression.Gzip))
        self.assertEqual(reason_of(error), "MESSAGE_TOO_LARGE")
        error = self.assert_fails(grpc.StatusCode.UNIMPLEMENTED,
                                  lambda: app.say("x" * 100000, compression=grpc.Compression.Deflate))
        self.assertIn("ompress", error.details())

    def test_a_bomb_in_gzip_costs_no_memory(self):
        app = self.app().wait_ready()

        def peak_kib():
            status = pathlib.Path(f"/proc/{app.process.pid}/status").read_text()
            return int(status.split("VmHWM:")[1].split()[0])

        app.say("x", compression=grpc.Compression.Gzip)
        before_kib = peak_kib()
        self.assert_fails(grpc.StatusCode.RESOURCE_EXHAUSTED,
                          lambda: app.say("x" * (32 << 20), compression=grpc.Compression.Gzip))
        self.assertLess(peak_kib() - before_kib, 8 << 10)

    def test_refuses_gzip_that_is_not_what_it_says(self):
        app = self.app().wait_ready()
        headers = http2_peer.request_headers(f"/{ECHO}/Say", **{"grpc-encoding": "gzip"})
        good = gzip.compress(b"\x0a\x01x")
        lie = gzip.compress(b"\x0a\xff\x7f" + b"x" * 16383)[:-4] + struct.pack("<I", 3)
        for body, status in ((good, 0), (lie, 3), (good[:-5], 8), (good + b"x", 8),
                             (good + bytes(4), 3), (b"x", 3), (b"", 3),
                             (good[:-4] + struct.pack("<I", 4), 3)):
            self.assertEqual(http2_peer.call(app.port, headers, body, flags=1)[0], status, body[:40])

    def test_refuses_a_message_that_is_none(self):
        app = self.app().wait_ready()
        say = app.channel.unary_unary(f"/{ECHO}/Say")
        for packed in (b"\xff", b"\x0a\x02\xc3(", b"\x0a\x05ab", b"\x0a\x03a\x00b"):
            self.assert_fails(grpc.StatusCode.INVALID_ARGUMENT, lambda: say(packed, timeout=5))

    def test_refuses_forged_tokens(self):
        app = self.app().wait_ready()
        for metadata in ([("authorization", "Bearer a.b.c")], [("x-millrace-service-token", "a.b.c")]):
            self.assert_fails(grpc.StatusCode.UNAUTHENTICATED, lambda: app.say(metadata=metadata))

    def test_refuses_a_field_that_it_does_not_know(self):
        app = self.app().wait_ready()
        say = app.channel.unary_unary(f"/{ECHO}/Say")
        say(b"\x0a\x01x", timeout=5)
        for packed, path in ((b"\x88\x01\x01", "17"), (b"\x1a\x03\x88\x01\x01", "tree.17"),
                             (b"\x1a\x05\x0a\x03\x12\x01x", "tree.next.2")):
            error = self.assert_fails(grpc.StatusCode.INVALID_ARGUMENT, lambda: say(packed, timeout=5))
            self.assertEqual(reason_of(error), "INVALID_REQUEST")
            self.assertEqual(error.details(), f"{path} is not a field of this request")

    def test_refuses_a_header_of_ours_that_comes_twice(self):
        app = self.app().wait_ready()
        for name in ("authorization", "idempotency-key", "x-millrace-service-token", "x-millrace-caller-id",
                     "x-millrace-caller-roles", "x-millrace-client", "x-request-id", "traceparent"):
            error = self.assert_fails(grpc.StatusCode.INVALID_ARGUMENT,
                                      lambda: app.say(metadata=[(name, "Bearer a.b.c")] * 2))
            self.assertEqual(reason_of(error), "INVALID_REQUEST")
            self.assertIn(name, error.details())
        self.assertEqual(app.say(metadata=[("x-other", "a"), ("x-other", "b")]).text, "x")

    def test_refuses_what_is_not_the_head_of_a_grpc_call(self):
        app = self.app().wait_ready()
        unknown, unimplemented = grpc.StatusCode.UNKNOWN.value[0], grpc.StatusCode.UNIMPLEMENTED.value[0]
        for status, changed in ((0, {}), (0, {"content-type": "application/grpc+proto"}),
                                (unknown, {"te": None}), (unknown, {"te": "gzip"}),
                                (unknown, {":method": "GET"}), (unknown, {":method": "PUT"}),
                                (0, {"grpc-encoding": "gzip"}),
                                (unimplemented, {"grpc-encoding": "deflate"})):
            with self.subTest(changed):
                headers = http2_peer.request_headers(f"/{ECHO}/Say", **changed)
                self.assertEqual(http2_peer.call(app.port, headers)[0], status)

    def test_trusts_no_identity_without_a_token(self):
        answer = self.app().wait_ready().say(metadata=[("x-millrace-caller-id", "ADMIN-1"),
                                                       ("x-millrace-caller-roles", "admin")])
        self.assertEqual((answer.caller_id, answer.caller_roles), ("", 0))

    def test_sends_reply_headers_as_trailing_metadata(self):
        service = self.app().wait_ready().service()
        _, call = service.method("Say").with_call(service.request("Say", text="header"), timeout=5)
        self.assertIn(("idempotent-replayed", "true"), [(m.key, m.value) for m in call.trailing_metadata()])

    def test_says_why_in_the_status_details(self):
        error = self.assert_fails(grpc.StatusCode.FAILED_PRECONDITION,
                                  lambda: self.app().wait_ready().say("fail"))
        details = {m.key: m.value for m in error.trailing_metadata()}["grpc-status-details-bin"]
        for part in (b"google.rpc.ErrorInfo", b"PRODUCT_OUT_OF_STOCK", b"millrace", b"google.rpc.BadRequest",
                     b"items[0].quantity", b"google.rpc.RetryInfo", b"common.v1.ErrorRecords"):
            self.assertIn(part, details)

    def test_tells_nothing_of_an_internal_error(self):
        app = self.app().wait_ready()
        error = self.assert_fails(grpc.StatusCode.INTERNAL, lambda: app.say("break"))
        self.assertEqual(error.details(), "internal")
        self.assertIn("secret: the password is 1234 (", app.log())


class HealthTest(AppTest):
    def check(self, app, service=""):
        health = app.service("grpc.health.v1.Health")
        return health.method("Check")(health.request("Check", service=service), timeout=5).status

    def test_is_serving_once_ready(self):
        app = self.app().wait_ready()
        wait_until(lambda: self.check(app) == 1, "it serves")
        self.assertEqual(self.check(app, ECHO), 1)
        self.assert_fails(grpc.StatusCode.NOT_FOUND, lambda: self.check(app, "nobody.v1.NobodyService"))

    def test_follows_its_dependencies(self):
        with tempfile.NamedTemporaryFile() as dependency:
            app = self.app(ECHO_DEPENDENCY=dependency.name).wait_ready()
            health = app.service("grpc.health.v1.Health")
            watch = health.method("Watch")(health.request("Watch"), timeout=20)
            while next(watch).status != 1:
                continue
            os.rename(dependency.name, dependency.name + ".away")
            self.assertEqual(next(watch).status, 2)
            self.assertEqual(self.check(app), 2)
            os.rename(dependency.name + ".away", dependency.name)
            self.assertEqual(next(watch).status, 1)

    def test_watches_a_service_that_nobody_knows(self):
        health = self.app().wait_ready().service("grpc.health.v1.Health")
        watch = health.method("Watch")(health.request("Watch", service="nobody.v1.NobodyService"), timeout=5)
        self.assertEqual(next(watch).status, 3)

    def test_shows_metrics_and_readiness_over_http(self):
        port = free_port()
        app = self.app(MILLRACE_METRICS_PORT=port).wait_ready()
        app.say()

        def get(path):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                return answer.read().decode()

        self.assertEqual(get("/health/ready"), '{"status":"ready"}')
        self.assertEqual(problems(get("/metrics")), [])
        self.assertIn(f'millrace_rpc_requests_total{{method="/{ECHO}/Say",code="OK"}} 1\n', get("/metrics"))
        with self.assertRaises(urllib.error.HTTPError) as caught:
            get("/nothing")
        self.assertEqual(caught.exception.code, 404)


    def test_the_check_of_metrics_notices_what_is_wrong(self):
        good = ("# HELP millrace_a_total A.\n# TYPE millrace_a_total counter\n"
                'millrace_a_total{b="c"} 1\n')
        self.assertEqual(problems(good), [])
        for wrong in (good.replace("millrace_a", "a"), good.replace("_total", ""),
                      good.replace("# HELP", "#"), good.replace(" counter", " gauge"),
                      good.replace("a_total", "a_ms_total"), good + good,
                      good.replace("a_total", "counter_total"), good.replace("a_total", "aB_total"),
                      good.replace("{b", "{b b"), "millrace_b 1\n", "millrace\n",
                      good.replace("_total", "_count").replace("counter", "gauge")):
            self.assertTrue(problems(wrong), wrong)


class LifeTest(AppTest):
    def test_says_its_version(self):
        done = subprocess.run([ECHO_APP, "--version"], capture_output=True, text=True, timeout=10)
        self.assertRegex(done.stdout, r"^millrace-echo \d+\.\d+\.\d+\n$")

    def test_names_the_variable_that_a_misspelt_one_means(self):
        misspelt = "MILLRACE_" + "WORKER"
        log = self.app(**{misspelt: "3"}).wait_ready().log()
        self.assertEqual(log.count("a variable that is not known"), 1)
        self.assertIn(f'"variable":"{misspelt}","nearest":"MILLRACE_WORKERS"', log)

    def test_prints_its_variables(self):
        done = subprocess.run([ECHO_APP, "--help"], capture_output=True, text=True, timeout=10)
        self.assertEqual(done.returncode, 0)
        for text in ("millrace-echo: Echoes", "MILLRACE_GRPC_PORT", "[18999]", "ECHO_DEPENDENCY"):
            self.assertIn(text, done.stdout)

    def test_refuses_a_wrong_setting_with_a_sentence(self):
        for name, value, sentence in (
                ("MILLRACE_WORKERS", "0",
                 "MILLRACE_WORKERS=0: should be a number of threads between 1 and 1024"),
                ("MILLRACE_LOG_LEVEL", "loud",
                 "MILLRACE_LOG_LEVEL=loud: should be debug, info, warning or error"),
                ("MILLRACE_JWKS_FILE", "", "MILLRACE_JWKS_FILE must be set for this program"),
                ("MILLRACE_JWKS_FILE", "/nowhere", "MILLRACE_JWKS_FILE=/nowhere: No such file or directory"),
                ("MILLRACE_FAULT", "x=kill",
                 "MILLRACE_FAULT=x=kill: refused, because MILLRACE_FAULTS_ENABLED is not 1")):
            app = self.app(**{name: value})
            self.assertEqual(app.process.wait(timeout=10), 2, name)
            self.assertEqual(app.log().strip(), sentence)

    def test_a_taken_port_is_a_clear_error(self):
        first = self.app().wait_ready()
        second = self.app(port=first.port)
        self.assertEqual(second.process.wait(timeout=10), 1)
        self.assertIn(f"Cannot listen at 127.0.0.1:{first.port}: the port is taken", second.log())
        self.assertIn("the dependency was stopped", second.log())
        self.assertEqual(first.say("still here").text, "still here")

    def test_waits_for_a_dependency_with_one_line(self):
        with tempfile.TemporaryDirectory() as folder:
            dependency = pathlib.Path(folder) / "dependency"
            app = self.app(ECHO_DEPENDENCY=dependency)
            wait_until(lambda: "is away" in app.log(), "it waits")
            time.sleep(1)
            self.assertEqual(app.log().count("is away"), 1)
            dependency.touch()
            app.wait_ready()
            self.assertEqual(app.say("here").text, "here")

    def test_can_be_stopped_while_it_waits(self):
        app = self.app(ECHO_DEPENDENCY="/nowhere")
        wait_until(lambda: "is away" in app.log(), "it waits")
        app.process.send_signal(signal.SIGTERM)
        self.assertEqual(app.process.wait(timeout=5), 0)

    def call_in_flight(self, app):
        service = app.service()
        call = service.method("Count")(service.request("Count", to=0), timeout=20)
        next(call)
        return call

    def test_finishes_calls_in_flight_before_it_ends(self):
        app = self.app().wait_ready()
        service = app.service()
        count = service.method("Count")(service.request("Count", to=3000), timeout=20)
        self.assertEqual(next(count).number, 1)
        app.process.send_signal(signal.SIGTERM)
        wait_until(lambda: '"message":"stopping"' in app.log(), "it stops")
        options = [("grpc.use_local_subchannel_pool", 1)]
        with grpc.insecure_channel(f"127.0.0.1:{app.port}", options=options) as channel:
            say = channel.unary_unary(f"/{ECHO}/Say")
            self.assert_fails(grpc.StatusCode.UNAVAILABLE, lambda: say(b"", timeout=5))
        self.assertEqual([answer.number for answer in count], list(range(2, 3001)))
        self.assertEqual(app.process.wait(timeout=10), 0)
        self.assertIn("the dependency was stopped", app.log())

    def test_cuts_calls_that_outlive_the_drain(self):
        app = self.app(MILLRACE_DRAIN_MS="200").wait_ready()
        call = self.call_in_flight(app)
        app.process.send_signal(signal.SIGTERM)
        self.assertEqual(app.process.wait(timeout=10), 0)
        self.assert_fails(grpc.StatusCode.UNAVAILABLE, lambda: list(call))

    def test_a_second_signal_ends_it_at_once(self):
        app = self.app().wait_ready()
        self.call_in_flight(app)
        app.process.send_signal(signal.SIGTERM)
        wait_until(lambda: '"message":"stopping"' in app.log(), "it stops")
        begin = time.monotonic()
        while app.process.poll() is None and time.monotonic() < begin + 3:
            app.process.send_signal(signal.SIGTERM)
            time.sleep(0.05)
        self.assertEqual(app.process.poll(), -signal.SIGTERM)
        self.assertLess(time.monotonic() - begin, 2)

    def test_watchers_and_reflection_do_not_hold_it_up(self):
        app = self.app().wait_ready()
        health = app.service("grpc.health.v1.Health")
        watch = health.method("Watch")(health.request("Watch"), timeout=20)
        next(watch)
        begin = time.monotonic()
        app.process.send_signal(signal.SIGTERM)
        self.assertEqual(app.process.wait(timeout=10), 0)
        self.assertLess(time.monotonic() - begin, 3)


class ListenerTest(AppTest):
    def test_a_process_that_takes_no_connections_says_so_and_ends(self):
        """Without a free descriptor gRPC's listener stops, and is not heard of again when there are some."""
        app = self.app().wait_ready()
        app.say()
        _, hard = resource.prlimit(app.process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(app.process.pid, resource.RLIMIT_NOFILE, (1, hard))
        with socket.create_connection(("127.0.0.1", app.port)):
            wait_until(lambda: '"message":"not ready"' in app.log(), "it is not ready", seconds=30)
        resource.prlimit(app.process.pid, resource.RLIMIT_NOFILE, (hard, hard))
        self.assertEqual(app.say().text, "x")
        self.assertEqual(app.process.wait(timeout=30), 1)
        self.assertIn("takes no connections", app.log())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
