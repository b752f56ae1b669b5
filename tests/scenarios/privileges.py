"""Who may do what: each program's role in PostgreSQL and user in NATS can do its work and nothing else.
usage: privileges.py standalone|split"""

import json
import os
import re
import socket
import stat
import subprocess
import sys

import logins
from books import check
from millrace import ROOT, Millrace, equal, main
from services import SERVED

BUILD = os.environ.get("MILLRACE_BUILD", ROOT / "build")
SERVICES = [service.name for service in SERVED]
PUBLISHERS = [service.name for service in SERVED if "publishes" in service.events]


def roles(m):
    """The connection string that each program has, and the databases that it is for."""
    found = m.settings()
    sources = dict(source.split("=", 1) for source in found["MILLRACE_RELAY_SOURCES"].split(";"))
    equal(sorted(sources), sorted(PUBLISHERS))
    return {**{service: found[f"MILLRACE_{service.upper()}_DSN"] for service in SERVICES},
            "relay": sources["order"]}


def refusal(dsn, statement):
    done = subprocess.run(["psql", dsn, "-XqAt", "-v", "ON_ERROR_STOP=1", "-c", statement],
                          capture_output=True, text=True)
    assert done.returncode != 0, f"{statement} succeeded: {done.stdout}"
    return done.stderr


def assert_denied(dsn, *statements):
    for statement in statements:
        said = refusal(dsn, statement)
        assert "permission denied" in said or "must be owner" in said or "must be superuser" in said, \
            f"{statement}: {said}"


def an_order_needs_no_more_than_these_roles(m):
    equal(m.place().status, 201)
    check(m)
    since_start = m.log("nats").rpartition("Starting nats-server")[2]
    assert "Violation" not in since_start, "a program tried what its user may not"


def no_role_of_a_program_makes_or_drops_anything(m):
    for dsn in roles(m).values():
        assert_denied(dsn, "CREATE TABLE x (n int)", "CREATE TEMP TABLE x (n int)", "CREATE SCHEMA x",
                      "CREATE DATABASE x", "CREATE ROLE x", "SELECT * FROM pg_authid",
                      "UPDATE schema_migrations SET name = ''", "COPY schema_migrations TO '/tmp/x'",
                      "ALTER ROLE CURRENT_USER SUPERUSER")
    for service, table in (("order", "orders"), ("warehouse", "stock"), ("payment", "payments"),
                           ("promotion", "campaigns"), ("customer", "accounts"), ("shipping", "shipments"),
                           ("review", "reviews")):
        assert_denied(roles(m)[service], f"DROP TABLE {table}", f"TRUNCATE {table}",
                      f"ALTER TABLE {table} ADD COLUMN x int",
                      f"CREATE INDEX x ON {table} ((1))", "DROP FUNCTION require_rows")


def no_role_of_a_program_comes_into_anothers_database(m):
    for name, dsn in roles(m).items():
        own = PUBLISHERS if name == "relay" else [name]
        for other in SERVICES:
            if other not in own:
                assert_denied(re.sub(r"dbname=\w+", f"dbname=millrace_{other}", dsn), "SELECT 1")


def the_relay_reads_no_orders(m):
    assert_denied(roles(m)["relay"], "SELECT * FROM orders", "SELECT * FROM order_sagas",
                  "SELECT * FROM inbox", "INSERT INTO outbox (event_id) VALUES (NULL)",
                  "SELECT nextval('order_number_blocks')")


def a_service_waits_for_what_its_owner_has_not_migrated(m):
    m.stop_millrace()
    m.execute("order", "UPDATE schema_migrations SET name = 'away' WHERE name = '0002_replay.sql'")
    started = subprocess.Popen([f"{BUILD}/millrace-relay"], env={**m.environment, **m.settings()},
                               stderr=subprocess.PIPE, text=True)
    try:
        line = next(line for line in started.stderr if "relay waits" in line)
        assert "Migration 0002_replay.sql of relay is not applied yet, and this role may not" in line, line
    finally:
        started.kill()
        started.wait()
    m.execute("order", "UPDATE schema_migrations SET name = '0002_replay.sql' WHERE name = 'away'")
    m.up()
    equal(m.place().status, 201)


class NatsUser:
    """One user's connection, in the protocol of NATS, which is lines of text."""

    def __init__(self, m, user):
        self.socket = socket.create_connection(("127.0.0.1", m.nats_port), timeout=10)
        self.lines = self.socket.makefile("rb")
        self.inbox = f"_INBOX_{user}.test"
        login = {"user": user, "pass": (m.run / f"secrets/nats.{user}").read_text().strip(), "verbose": False,
                 "headers": True}
        self.send(f"CONNECT {json.dumps(login)}\r\n")
        self.subscribe(self.inbox)

    def send(self, text):
        self.socket.sendall(text.encode())

    def is_refused(self, text):
        """Whether the server refuses a line: what it says before it answers our ping."""
        self.send(f"{text}PING\r\n")
        said = b""
        for line in self.lines:
            said += line
            if line == b"PONG\r\n":
                return b"Permissions Violation" in said
        raise AssertionError(f"NATS hung up: {said}")

    def publish(self, subject, payload=""):
        return self.is_refused(f"PUB {subject} {self.inbox} {len(payload)}\r\n{payload}\r\n")

    def subscribe(self, subject):
        return self.is_refused(f"SUB {subject} 1\r\n")


def only_the_relay_publishes_events(m):
    for user in ("warehouse", "reader"):
        assert NatsUser(m, user).publish("events.order.created", "{}"), user
        assert NatsUser(m, user).publish("anything"), user
    assert not NatsUser(m, "relay").publish("events.test.ping", "{}")


def nobody_destroys_the_stream(m):
    for user in ("warehouse", "reader", "relay", "standalone"):
        for call in ("STREAM.DELETE", "STREAM.PURGE", "STREAM.MSG.DELETE"):
            assert NatsUser(m, user).publish(f"$JS.API.{call}.EVENTS", "{}"), (user, call)
    for user in ("warehouse", "reader"):
        for call in ("STREAM.CREATE", "STREAM.UPDATE"):
            assert NatsUser(m, user).publish(f"$JS.API.{call}.EVENTS", "{}"), (user, call)


def a_consumer_has_its_own_durable_and_no_other(m):
    for user, mine in (("warehouse", True), ("relay", False), ("reader", False)):
        session = NatsUser(m, user)
        for durable, may in (("warehouse", mine), ("another", False)):
            for subject in (f"$JS.API.CONSUMER.DURABLE.CREATE.EVENTS.{durable}",
                            f"$JS.ACK.EVENTS.{durable}.1.1.1.1.1"):
                equal(session.publish(subject, "{}"), not may, (user, subject))
            assert session.publish(f"$JS.API.CONSUMER.DELETE.EVENTS.{durable}"), user
            equal(session.subscribe(f"deliver.EVENTS.{durable}"), not may, (user, durable))


def a_service_gives_hints_to_its_own_processes_only(m):
    for user, mine in (("pricing", True), ("standalone", True), ("warehouse", False), ("reader", False)):
        session = NatsUser(m, user)
        for subject, may in (("hints.pricing", mine), ("hints.another", False)):
            equal((session.publish(subject), session.subscribe(subject)), (not may, not may), (user, subject))


def nobody_hears_anothers_answers(m):
    for user in ("warehouse", "reader", "relay", "standalone"):
        for subject in ("_INBOX.>", "_INBOX_another.>", "$JS.>", ">"):
            assert NatsUser(m, user).subscribe(subject), (user, subject)


def a_reader_reads(m):
    reader = NatsUser(m, "reader")
    assert not reader.subscribe("events.>")
    assert not reader.publish("$JS.API.STREAM.INFO.EVENTS")


def secrets_and_logs_are_not_for_everybody(m):
    def mode(path):
        return stat.S_IMODE(path.stat().st_mode)

    equal([oct(mode(m.run / name)) for name in ("", "logs", "secrets", "keys")],
          ["0o750", "0o750", "0o700", "0o700"])
    for path in (m.run / "secrets").iterdir():
        assert mode(path) & 0o077 == 0 or path.name in ("jwks.json", "test.jwks.json"), path
    for path in (m.run / "logs").glob("*.log"):
        equal(oct(mode(path)), "0o640", path)


def no_program_has_a_password_in_its_environment(m):
    secrets = [path.read_text().strip().rsplit(":")[-1] for path in (m.run / "secrets").iterdir()]
    for name in m.processes():
        with open(f"/proc/{m.pid(name)}/environ") as file:
            environment = file.read()
        assert not [secret for secret in secrets if secret in environment], name


def a_service_key_makes_no_user(m):
    for key in ("order", "gateway", "warehouse"):
        token = subprocess.run([f"{BUILD}/tools/millracectl/millracectl", "token", "--key",
                                str(m.run / f"secrets/{key}.jwk"), "--subject", "USER-ADMIN", "--role",
                                "admin"],
                               check=True, capture_output=True, text=True).stdout.strip()
        equal(m.request("GET", "/api/v1/orders", token=token).status, 401, key)
    equal(m.admin("GET", "/api/v1/orders").status, 200)


TESTS = [
    an_order_needs_no_more_than_these_roles,
    no_role_of_a_program_makes_or_drops_anything,
    no_role_of_a_program_comes_into_anothers_database,
    the_relay_reads_no_orders,
    only_the_relay_publishes_events,
    nobody_destroys_the_stream,
    a_consumer_has_its_own_durable_and_no_other,
    a_service_gives_hints_to_its_own_processes_only,
    nobody_hears_anothers_answers,
    a_reader_reads,
    secrets_and_logs_are_not_for_everybody,
    no_program_has_a_password_in_its_environment,
    a_service_key_makes_no_user,
    *logins.TESTS,
    a_service_waits_for_what_its_owner_has_not_migrated,
]

if __name__ == "__main__":
    mode = sys.argv[1]
    main(TESTS, Millrace(f"privileges-{mode}", mode))
