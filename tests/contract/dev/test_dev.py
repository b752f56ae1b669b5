"""What ./dev promises to the person who types it."""

import json
import os
import re
import socket
import subprocess
import threading
import urllib.request

from millrace import ROOT, Millrace, equal, run_tests
from prometheus import problems
from services import SERVICES

NAMES = [service.name for service in SERVICES]
FREE = ("PATH", "HOME", "LANG", "USER")  # what another shell of the same person has


def contains(text, *parts):
    for part in parts:
        if part not in text:
            raise AssertionError(f"no {part!r} in:\n{text}")


def contains_not(text, *parts):
    for part in parts:
        if part in text:
            raise AssertionError(f"{part!r} in:\n{text}")


def other_shell(m, *arguments):
    """./dev in a shell that knows the folder and none of the other variables."""
    environment = {name: os.environ[name] for name in FREE if name in os.environ}
    return subprocess.run(arguments, cwd=ROOT, text=True, capture_output=True,
                          env={**environment, "MILLRACE_RUN": str(m.run)})


def a_folder_may_have_a_space(m):
    equal(" " in str(m.run), True)
    equal(m.is_ready(), True)
    equal(m.value("order", "SELECT 1"), 1)


def another_shell_finds_what_runs(m):
    contains(other_shell(m, "./dev", "status").stdout, f"127.0.0.1:{m.http_port}",
             f"gRPC 127.0.0.1:{m.grpc_port}", f"nats: running on 127.0.0.1:{m.nats_port}",
             "postgres: running", ", ready,")
    equal(len(other_shell(m, "./dev", "token").stdout.split(".")), 3)
    contains(other_shell(m, "./dev", "help").stdout, f"MILLRACE_HTTP_PORT ({m.http_port})")


def the_environment_can_be_sourced(m):
    script = ('. <(./dev env) && psql "$MILLRACE_ORDER_DSN" -XAtc "SELECT current_user" &&'
              ' echo "$MILLRACE_HTTP_PORT"')
    done = other_shell(m, "bash", "-euc", script)
    equal(done.stdout.split(), ["millrace_order", str(m.http_port)], done.stderr)


def logs_are_those_of_processes(m):
    done = m.dev("logs", "nothing", check=False)
    contains(done.stderr, "there are: millrace nats")
    equal((m.run / "logs/build").is_dir(), True)


def logs_follows_what_runs(m):
    """tail names each file before its lines."""
    left = m.run / "logs/another.log"
    left.write_text("of an earlier mode\n")
    following = subprocess.Popen([str(ROOT / "dev"), "logs"], cwd=ROOT, env=m.environment, text=True,
                                 stdout=subprocess.PIPE)
    patience = threading.Timer(30, following.kill)
    patience.start()
    names = []
    for line in following.stdout:
        names += re.findall(r"^==> (.*) <==$", line)
        if names and names[-1].endswith("nats.log"):
            break
    patience.cancel()
    following.kill()
    following.wait()
    left.unlink()
    equal(names, [str(m.run / "logs" / f"{name}.log") for name in ("millrace", "nats")])


def programs_and_dev_say_their_version(m):
    version = re.search(r"version: '(.*)'", (ROOT / "meson.build").read_text())[1]
    equal(m.dev("--version").stdout, f"millrace {version}\n")
    for name in ("millrace", *NAMES):
        program = m.dev("run", "program_of", name).stdout.strip()
        said = subprocess.check_output([program, "--version"], text=True)
        equal(said, f"{program.rsplit('/')[-1]} {version}\n")
    build = os.environ.get("MILLRACE_BUILD", ROOT / "build")
    said = subprocess.check_output([f"{build}/tools/millracectl/millracectl", "--version"], text=True)
    equal(said, f"millracectl {version}\n")


def up_explains_itself(m):
    contains(m.dev("up", "--help").stdout, "--split", "--detach", "--fresh")


def the_demo_waits_as_long_as_it_is_told_to(m):
    """Its customer's requests are used up by somebody else until it has been told to wait."""
    demo = subprocess.Popen([str(ROOT / "dev"), "demo"], cwd=ROOT, env=m.environment, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    told = []
    reader = threading.Thread(target=lambda: told.extend(iter(demo.stdout.readline, "")))
    reader.start()
    while demo.poll() is None and not any("requests a minute: waiting " in line for line in told):
        m.request("GET", "/api/v1/orders")
    reader.join()
    equal(demo.wait(), 0, "".join(told))
    contains("".join(told), "The demo is as it says.", "requests a minute: waiting ")


def a_demo_that_would_wait_for_minutes_says_what_to_do(m):
    done = m.dev("demo", check=False)
    equal(done.returncode, 1, done.stdout)
    contains(done.stderr, "may place no order for another", "--fresh", "MILLRACE_ORDER_DECLINES_LIMIT=0")


def it_does_not_start_twice(m):
    done = m.dev("up", "--detach", check=False)
    equal(done.returncode, 1)
    contains(done.stderr, "already running")
    equal(m.is_ready(), True)


def texts_of(m, *names):
    return [(m.run / "secrets" / name).read_text() for name in names]


def keys_of_an_older_folder_are_made_anew(m):
    """Where a service called nobody yet, where there is a key of users' tokens, where some are missing."""
    folder = m.run / "secrets"
    m.settings()
    kept = texts_of(m, "order.jwk", "jwks.json", "test.jwk", "test.jwks.json", "customer.fields")
    m.settings()
    equal(texts_of(m, "order.jwk", "jwks.json", "test.jwk", "test.jwks.json", "customer.fields"), kept)
    for spoil in (lambda: (folder / "promotion.jwk").unlink(), lambda: (folder / "users.jwk").touch(),
                  lambda: (folder / "jwks.json").unlink(), lambda: (folder / "test.jwks.json").unlink()):
        spoil()
        m.settings()
        made = {path.name for path in folder.glob("*jw*")}
        equal(made, {*(f"{service.name}.jwk" for service in SERVICES if service.calls), "jwks.json",
                     "test.jwk", "test.jwks.json"})
        equal(len(json.loads(*texts_of(m, "jwks.json"))["keys"]), len(made) - 3, "public halves")
    equal(texts_of(m, "customer.fields"), kept[-1:], "nothing else opens what is sealed")


def assert_nothing_runs(m):
    equal([path.name for path in (m.run / "pids").glob("*")], [])
    contains(other_shell(m, "./dev", "status").stdout, "nats: stopped", "postgres: stopped",
             "millrace: stopped")


def a_taken_port_is_noticed_before_anything_starts(m):
    m.down()
    taken = {"MILLRACE_HTTP_PORT": m.http_port, "MILLRACE_ORDER_PORT": m.grpc_port,
             "MILLRACE_PG_PORT": m.pg_port, "MILLRACE_NATS_PORT": m.nats_port}
    for variable, port in taken.items():
        with socket.create_server(("127.0.0.1", port)):
            done = m.dev("up", "--detach", check=False)
        equal(done.returncode, 1)
        contains(done.stderr, f"port {port} is taken", variable)
        contains_not(done.stdout, "starting")
        assert_nothing_runs(m)


def a_failed_start_shows_its_own_errors_and_leaves_nothing_running(m):
    done = m.dev("up", "--detach", check=False, MILLRACE_WORKERS=0)
    equal(done.returncode, 1)
    contains(done.stderr, "MILLRACE_WORKERS=0: should be", "millrace ended at start")
    assert_nothing_runs(m)
    done = m.dev("up", "--detach", check=False, MILLRACE_LOG_LEVEL="loud")
    contains(done.stderr, "MILLRACE_LOG_LEVEL=loud")
    contains_not(done.stderr, "MILLRACE_WORKERS")
    assert_nothing_runs(m)


def a_variable_that_nothing_reads_is_named(m):
    misspelt = "_".join(("MILLRACE", "RATE", "LIMIT", "PER", "MINUT"))
    unlike = "_".join(("MILLRACE", "QQQQ", "ZZZZ"))
    done = m.dev("up", "--detach", **{misspelt: 7, unlike: 1})
    contains(done.stderr,
             f"nothing reads {misspelt}; the nearest that there is: MILLRACE_RATE_LIMIT_PER_MINUTE")
    contains(done.stderr, f"nothing reads {unlike}\n")
    equal(done.stderr.count("nothing reads"), 2, done.stderr)
    contains(m.log("millrace"), f'"variable":"{misspelt}","nearest":"MILLRACE_RATE_LIMIT_PER_MINUTE"')


def each_process_shows_its_health_and_metrics(m):
    """Of a split installation, where status says."""
    status = m.dev("status").stdout
    pages = {}
    for name in NAMES:
        address = re.search(rf"^{name}: running, ready, .*health and metrics (http://\S+)$", status, re.M)[1]
        with urllib.request.urlopen(f"{address}/health/ready", timeout=5) as answer:
            equal(answer.status, 200)
        with urllib.request.urlopen(f"{address}/metrics", timeout=5) as answer:
            pages[name] = answer.read().decode()
        equal(problems(pages[name]), [], name)
    equal(len(set(re.findall(r"metrics (http://\S+)$", status, re.M))), len(NAMES), "a port of its own each")
    contains(pages["relay"], "millrace_relay_partitions")
    for name in NAMES:
        contains_not(m.log(name), "a variable that is not known")


TESTS = [
    a_folder_may_have_a_space,
    another_shell_finds_what_runs,
    the_environment_can_be_sourced,
    logs_are_those_of_processes,
    logs_follows_what_runs,
    programs_and_dev_say_their_version,
    up_explains_itself,
    it_does_not_start_twice,
    the_demo_waits_as_long_as_it_is_told_to,
    a_demo_that_would_wait_for_minutes_says_what_to_do,
    a_taken_port_is_noticed_before_anything_starts,
    keys_of_an_older_folder_are_made_anew,
    a_failed_start_shows_its_own_errors_and_leaves_nothing_running,
    a_variable_that_nothing_reads_is_named,
]

SPLIT_TESTS = [each_process_shows_its_health_and_metrics]

if __name__ == "__main__":
    m = Millrace("dev with a space", MILLRACE_RATE_LIMIT_PER_MINUTE=10,
                 MILLRACE_ORDER_DECLINES_LIMIT=2)
    try:
        m.dev("up", "--detach", "--fresh")
        failed = run_tests(TESTS, m)
    finally:
        m.down()
    many = Millrace("dev split", "split")
    try:
        many.clear()
        many.up()
        failed += run_tests(SPLIT_TESTS, many)
    finally:
        many.down()
    raise SystemExit(1 if failed else 0)
