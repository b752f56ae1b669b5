"""A running Millrace for black-box tests: start, stop and break it, talk to it, look into its databases."""

import contextlib
import http.client
import inspect
import json
import os
import pathlib
import re
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
import uuid

from services import ROOT, SERVED, SERVICES

SAMPLE_ORDER = json.loads((ROOT / "tests/scenarios/order_000.json").read_text())
WAREHOUSE = "US-WEST-01"
# Each installation has ports of its own from here on, so that all of them, and the tests of two copies, run
# side by side.
PORT_BASE = int(os.environ.get("MILLRACE_TEST_PORT_BASE", 18000))
PORTS_EACH = 120
INSTALLATIONS = ("dev with a space", "dev split", "clients", "outages", "planted", "bench-relay", "user-keys",
                 *(f"{name}-{mode}" for mode in ("standalone", "split")
                   for name in ("bench", "scenarios", "bad-input", "privileges", "reflection", "isolation",
                                "modes", "kill-1", "kill-2", "storm")))
# A sanitizer's report, or an answer with a reason that the proto of the method does not list.
MISTAKE = re.compile(r".*(ERROR: (Address|Leak)Sanitizer|runtime error:|undeclared reason).*(\n.*){0,12}")


class Reply:
    """An HTTP answer."""

    def __init__(self, status, headers, text):
        self.status = status
        self.headers = {name.lower(): value for name, value in headers}
        self.text = text

    @property
    def json(self):
        return json.loads(self.text)

    def __repr__(self):
        return f"{self.status} {self.text}"


class SessionEnded(Exception):
    """What psql said, and its exit code."""

    @property
    def is_lost(self):
        """The connection is gone, as after a restart of the server: what was asked was not at fault."""
        code, said = self.args
        return code == Session.LOST or "server closed the connection" in said or "terminating" in said


class Session:
    """A psql that stays: to start one, and a server process for it, costs ten times what a query does."""

    END = "that is all"
    LOST = 2  # its exit code when the connection was gone before it asked

    def __init__(self, dsn):
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(["psql", dsn, "-XqAt", "-v", "ON_ERROR_STOP=1"], stdin=pipe,
                                        stdout=pipe, stderr=pipe, text=True)

    def ask(self, query):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(f"{query};\n\\echo {self.END}\n")
            self.process.stdin.flush()
        output = ""
        for line in self.process.stdout:
            if line.strip() == self.END:
                return output
            output += line
        raise SessionEnded(self.process.wait(), self.process.stderr.read())

    def close(self):
        """Ends it, and with it what it had not committed."""
        self.process.kill()
        self.process.communicate()


class Millrace:
    """One of INSTALLATIONS, from ./dev: its own folder, and its own ports."""

    def __init__(self, name, mode="standalone", **settings):
        if name not in INSTALLATIONS:
            raise ValueError(f"{name} has no ports: name it among INSTALLATIONS")
        first = PORT_BASE + INSTALLATIONS.index(name) * PORTS_EACH
        ports = iter(range(first, first + PORTS_EACH))
        self.mode = mode
        self.http_port, self.pg_port, self.nats_port = next(ports), next(ports), next(ports)
        self.grpc_ports = {service.name: next(ports) for service in SERVED}
        self.grpc_port = self.grpc_ports["order"]
        self.metrics_port, *_ = [next(ports) for _ in SERVICES]
        self.other_ports = ports
        self.run = pathlib.Path(os.environ.get("MILLRACE_TEST_RUN", ROOT / ".run-test")) / name
        self.environment = {
            **os.environ,
            "MILLRACE_RUN": str(self.run),
            "MILLRACE_HTTP_PORT": str(self.http_port),
            **{f"MILLRACE_{name.upper()}_PORT": str(number) for name, number in self.grpc_ports.items()},
            "MILLRACE_PG_PORT": str(self.pg_port),
            "MILLRACE_NATS_PORT": str(self.nats_port),
            "MILLRACE_FIRST_METRICS_PORT": str(self.metrics_port),
            "MILLRACE_RATE_LIMIT_PER_MINUTE": "1000000",
            "MILLRACE_HTTP_TRUSTED_PROXIES": "127.0.0.1",
            "MILLRACE_CALLER_CALLS": "0",
            "MILLRACE_ORDER_UNPAID_LIMIT": "0",
            "MILLRACE_ORDER_DECLINES_LIMIT": "0",
            "MILLRACE_TEST_JWKS_FILE": str(self.run / "secrets/test.jwks.json"),
            **{name: str(value) for name, value in settings.items()},
        }
        self._tokens = {}
        self._dsn = None
        self._sessions = {}
        self._looking = threading.Lock()

    # Life.

    def dev(self, *arguments, check=True, **extra):
        done = subprocess.run([str(ROOT / "dev"), *arguments], cwd=ROOT, text=True, capture_output=True,
                              env={**self.environment, **{k: str(v) for k, v in extra.items()}})
        if check and done.returncode != 0:
            raise AssertionError(f"./dev {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
        return done

    def up(self, **extra):
        split = ["--split"] if self.mode == "split" else []
        self.dev("up", "--detach", *split, **extra)
        return self

    def clear(self):
        """What it has becomes the demo data, in databases that are prepared, and an empty stream."""
        self.dev("run", "fresh_from", str(self.run.parent / "template"))

    def down(self):
        """Ends everything; what the logs tell of a mistake, which may come as late as this, is a failure."""
        self.dev("down", check=False)
        for log in (self.run / "logs").glob("*.log"):
            report = MISTAKE.search(log.read_text(errors="replace"))
            if report:
                raise AssertionError(f"{log}: {report[0]}")

    def settings(self):
        """What its processes are told by their environment."""
        exports = [word for word in shlex.split(self.dev("env").stdout) if word != "export"]
        return dict(export.split("=", 1) for export in exports)

    def stop_millrace(self):
        self.dev("run", "stop_millrace")

    def start_millrace(self, **extra):
        """On servers that up() has started and prepared, which takes most of its time."""
        self.dev("run", "start_millrace", self.mode, **extra)

    def restart(self, name, **extra):
        """One process, dead or alive, on others that run on."""
        self.dev("run", "restart_process", name, **extra)

    def pid(self, name):
        return int((self.run / "pids" / name).read_text().split()[0])

    def processes(self):
        names = ["millrace"] if self.mode == "standalone" else [service.name for service in SERVICES]
        return [name for name in names if self.is_alive(name)]

    def is_alive(self, name):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, ValueError):
            _, began = (self.run / "pids" / name).read_text().split()
            fields = pathlib.Path(f"/proc/{self.pid(name)}/stat").read_text().rsplit(")", 1)[1].split()
            return fields[0] != "Z" and fields[19] == began
        return False

    def signal(self, name, number):
        os.kill(self.pid(name), number)

    def kill_everything(self):
        for name in self.processes():
            self.signal(name, signal.SIGKILL)

    def log(self, name):
        return (self.run / "logs" / f"{name}.log").read_text()

    # Talk.

    def token(self, subject="CUST-12345", role="customer"):
        if (subject, role) not in self._tokens:
            self._tokens[subject, role] = self.issue(subject, role)
        return self._tokens[subject, role]

    def issue(self, subject, role, *options):
        """A token that was signed here, for any subject: with a service's key, or the test key."""
        build = os.environ.get("MILLRACE_BUILD", ROOT / "build")
        key = subject if role == "service" else "test"
        return subprocess.run([f"{build}/tools/millracectl/millracectl", "token", "--key",
                               str(self.run / f"secrets/{key}.jwk"), "--subject", subject, "--role", role,
                               *options],
                              check=True, capture_output=True, text=True).stdout.strip()

    def request(self, verb, path, body=None, token=None, headers=None, timeout=60, port=None):
        connection = http.client.HTTPConnection("127.0.0.1", port or self.http_port, timeout=timeout)
        sent = {"Authorization": f"Bearer {self.token() if token is None else token}", **(headers or {})}
        if not sent["Authorization"].split()[1:]:
            del sent["Authorization"]
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
        try:
            connection.request(verb, path, body, sent)
            answer = connection.getresponse()
            return Reply(answer.status, answer.getheaders(), answer.read().decode())
        finally:
            connection.close()

    def is_ready(self):
        """False, too, while nobody listens yet."""
        with contextlib.suppress(OSError):
            return self.request("GET", "/health/ready", token="").status == 200
        return False

    def place(self, order=None, key=None, **arguments):
        headers = {"Idempotency-Key": key} if key else {}
        return self.request("POST", "/api/v1/orders", order or SAMPLE_ORDER, headers=headers, **arguments)

    def admin(self, verb, path, body=None):
        return self.request(verb, path, body, token=self.token("USER-ADMIN", "admin"))

    def grpc_port_of(self, service):
        """Where a service is called over gRPC."""
        return self.grpc_ports["order" if self.mode == "standalone" else service]

    # Look.

    def dsn(self, database):
        """The administrator's way in: the services' own roles may do less than a test wants to."""
        if self._dsn is None:
            self._dsn = self.dev("run", "pg_dsn", "DATABASE").stdout.strip()
        return self._dsn.replace("DATABASE", f"millrace_{database}")

    def _ask(self, database, query):
        if database not in self._sessions:
            self._sessions[database] = Session(self.dsn(database))
        try:
            return self._sessions[database].ask(query)
        except SessionEnded:
            del self._sessions[database]
            raise

    def rows(self, database, query):
        """The rows of a query on a service's database, as lists of texts; None for NULL."""
        query = f"SELECT json_agg(t) FROM ({query}) t"
        with self._looking:
            for is_last_try in (False, True):
                try:
                    found = self._ask(database, query)
                    break
                except SessionEnded as ended:
                    if is_last_try or not ended.is_lost:
                        raise AssertionError(f"{query}: {ended}")
        return [list(row.values()) for row in json.loads(found.strip() or "[]") or []]

    @contextlib.contextmanager
    def tentatively(self, database, statements):
        """Within, rows() and value() see what the statements do, and nobody else does; then it is undone."""
        self._ask(database, f"BEGIN; {statements}")
        try:
            yield
        finally:
            self._ask(database, "ROLLBACK")

    def value(self, database, query):
        return self.rows(database, query)[0][0]

    def execute(self, database, statement):
        subprocess.run(["psql", self.dsn(database), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", statement],
                       check=True, capture_output=True, text=True)

    def consumer(self, name):
        """What JetStream says of a durable consumer, asked in the protocol of NATS, which is lines of
        text."""
        login = {"user": "millrace", "pass": (self.run / "secrets/nats.millrace").read_text().strip(),
                 "verbose": False}
        asked = (f"CONNECT {json.dumps(login)}\r\nSUB answer 1\r\n"
                 f"PUB $JS.API.CONSUMER.INFO.EVENTS.{name} answer 0\r\n\r\n")
        with socket.create_connection(("127.0.0.1", self.nats_port), timeout=10) as connection:
            connection.sendall(asked.encode())
            with connection.makefile("rb") as lines:
                for line in lines:
                    if line.startswith(b"MSG "):
                        return json.loads(lines.read(int(line.split()[-1])))
        raise AssertionError(f"NATS says nothing of the consumer {name}")

    def available(self, sku):
        return self.value("warehouse", f"SELECT on_hand - reserved FROM stock WHERE sku = '{sku}'")


def order_of(*lines, customer="CUST-12345", token="pm_1234567890", codes=(), points=0):
    """An order of (sku, product, quantity) lines."""
    return {
        **SAMPLE_ORDER,
        "customerId": customer,
        "items": [{"productId": product, "sku": sku, "quantity": quantity, "requestedWarehouse": WAREHOUSE}
                  for sku, product, quantity in lines],
        "paymentMethod": {"type": "credit_card", "token": token},
        "promotionCodes": list(codes),
        "usePoints": points,
    }


def new_key():
    return str(uuid.uuid4())


def wait_until(condition, what, seconds=30):
    """Waits for a condition, and returns what it returned."""
    end = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s in vain until {what}")
        time.sleep(0.05)


def at_once(n, call):
    """Runs call(i) on n threads that start together; the results, or the exceptions, in order."""
    results = [None] * n
    barrier = threading.Barrier(n)

    def work(i):
        barrier.wait()
        try:
            results[i] = call(i)
        except Exception as error:  # the caller looks at it
            results[i] = error

    threads = [threading.Thread(target=work, args=(i,)) for i in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def equal(actual, expected, what=""):
    if actual != expected:
        raise AssertionError(f"{what or 'expected'}: {expected!r}, got {actual!r}")


def run_tests(tests, *arguments):
    """Runs the functions and prints TAP; a name is the sentence. A text that one returns is why it was
    skipped."""
    failed = 0
    print(f"1..{len(tests)}", flush=True)
    for number, test in enumerate(tests, 1):
        sentence = test.__name__.replace("_", " ")
        try:
            why = test(*arguments)
            skipped = f" # SKIP {why}" if isinstance(why, str) else ""
            print(f"ok {number} - {sentence}{skipped}", flush=True)
        except Exception:
            failed += 1
            print(f"not ok {number} - {sentence}", flush=True)
            print("\n".join(f"# {line}" for line in traceback.format_exc().splitlines()), flush=True)
    return failed


def tests_in(module):
    """Its functions of one parameter m, an installation, in the order in which they stand there."""
    return [test for test in vars(module).values()
            if inspect.isfunction(test) and test.__module__ == module.__name__
            and list(inspect.signature(test).parameters) == ["m"]]


def main(tests, millrace):
    """Brings an installation up, runs the tests on it, brings it down."""
    try:
        millrace.clear()
        millrace.up()
        failed = run_tests(tests, millrace)
    finally:
        millrace.down()
    sys.exit(1 if failed else 0)
