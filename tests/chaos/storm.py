"""Faults under a mixed load; after each round the books must agree. storm.py MODE --help says how to call it.

A seed repeats the schedule of faults and what each customer draws; how they interleave is up to the machine.
"""

import argparse
import collections
import concurrent.futures
import contextlib
import json
import os
import pathlib
import random
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time

from books import LawsAreBroken, check
from client_log import ClientLog
from faults import KINDS, LIBRARY
from links import Links
from millrace import ROOT, Millrace, at_once, equal, run_tests, wait_until
from services import SERVICES

ABC = ("SKU-ABC-001", "PROD-67890")
DEF = ("SKU-DEF-002", "PROD-11111")
SHORT = ("SKU-SHORT-001", "PROD-SHORT")
CUSTOMERS = ("CUST-12345", "CUST-99999")
N_CLIENTS = 6
ROUND_S = 12
SHORT_ROUND_S = 5
SHORT_ROUNDS = 3
FAULTS_PER_ROUND = 4
RESOLVE_S = 60
RESOLVERS = 16
REPLAYS = 20
SMALL_DISK = "256m"  # more than the events of a long storm
# Leases that do not make a round wait, and a pause before the payment, in which much can happen.
SETTINGS = {"MILLRACE_ORDER_LEASE_MS": 2000, "MILLRACE_ORDER_RUNNER_INTERVAL_MS": 100,
            "MILLRACE_EVENTS_ACK_WAIT_MS": 1000, "MILLRACE_WAREHOUSE_SWEEP_INTERVAL_MS": 500,
            "MILLRACE_ORDER_DEADLINE_MS": 15000, "MILLRACE_PAYMENT_TIMEOUT_MS": 5000,
            "MILLRACE_FAULTS_ENABLED": 1, "MILLRACE_FAULT": "order.before_payment=stall:20",
            "MILLRACE_LAUNCHER": f"/usr/bin/python3 {ROOT / 'tests/chaos/through.py'}"}
# Who talks to whom, in split mode; a second process of a service has the same again.
TALKS = {service.name: ["pg"] * (service.port is not None) + ["nats"] * ("consumes" in service.events) +
         service.calls for service in SERVICES} | {"relay": ["pg", "nats"]}
STANDALONE_TALKS = {name: ["pg"] for name in TALKS if name != "gateway"} | {"millrace": ["nats"]}


def second(name):
    return f"{name}-2"


def forget_dead_clocks():
    """A process with libfaketime that is killed leaves a semaphore behind, perhaps taken, for which the next
    process of its number would wait for ever."""
    for left in pathlib.Path("/dev/shm").glob("*faketime_s??_*"):
        if not pathlib.Path("/proc", left.name.rsplit("_", 1)[1]).exists():
            left.unlink(missing_ok=True)


class Storm:
    """An installation whose connections are links, and the customers who use it meanwhile."""

    def __init__(self, mode, seed, pauses_s, kinds):
        self.m = Millrace(f"storm-{mode}", mode, **SETTINGS)
        self.seed, self.pauses_s = seed, pauses_s
        self.second_ports = {name: next(self.m.other_ports) for name in TALKS}
        self.links = Links(self.m.other_ports)
        self.processes = ["millrace"]
        if mode == "split":
            self.processes = [*TALKS, *map(second, TALKS)]
        self.max_connections = 64 if mode == "standalone" else 128
        self.pg_environment = {}
        self.has_hasty_cancels = "hasty cancels" in kinds
        self.has_small_disk = os.geteuid() == 0 and "full disk" in kinds
        self.wants_clock = "clock steps" in kinds
        self.stopping = threading.Event()
        self.log = None
        self.broken = collections.Counter()  # law -> rounds
        self._starting = threading.Lock()
        self._servers = threading.Lock()  # two faults that end together start a server once

    # Life.

    def up(self):
        """From nothing."""
        m = self.m
        self.leave_disk()
        m.dev("build")
        m.clear()
        if self.has_small_disk:
            (m.run / "nats").mkdir(parents=True)
            mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK}", "tmpfs",
                                      m.run / "nats"], capture_output=True)
            self.has_small_disk = mounted.returncode == 0
        m.dev("run", "pg_start")
        m.dev("run", "pg_sql", "postgres", "-c",
              f"ALTER SYSTEM SET max_connections = {self.max_connections}")
        self.stop_postgres()
        # Without a cache: all sessions of one PostgreSQL read one clock, as on a machine.
        if self.wants_clock and LIBRARY.exists():
            self.pg_environment = {"LD_PRELOAD": LIBRARY, "FAKETIME_TIMESTAMP_FILE": self.clock_file(),
                                   "FAKETIME_NO_CACHE": 1, "FAKETIME_DONT_FAKE_MONOTONIC": 1}
            self.step_clock(0)
        self.start_postgres()
        if not self.links.links:
            self.make_links()
        m.environment["MILLRACE_LINKS"] = json.dumps(self.links.ports())
        m.up()
        if m.mode == "split":
            for name in map(second, TALKS):
                self.start(name)
                wait_until(lambda name=name: '"message":"ready"' in m.log(name), f"{name} is ready")
        ports = [m.http_port] + [self.second_ports["gateway"]] * (m.mode == "split")
        self.log = ClientLog(m, ports)

    def make_links(self):
        found = dict(word.split("=", 1) for word in shlex.split(self.m.dsn("order")))
        postgres = (found["host"], int(found["port"]))
        if found["host"].startswith("/"):
            postgres = f"{found['host']}/.s.PGSQL.{found['port']}"
        targets = {"pg": [postgres], "nats": [("127.0.0.1", self.m.nats_port)]}
        for name, port in self.m.grpc_ports.items():
            targets[name] = [("127.0.0.1", port), ("127.0.0.1", self.second_ports[name])]
        is_split = self.m.mode == "split"
        for who, whom in (TALKS if is_split else STANDALONE_TALKS).items():
            for other in whom:
                self.links.add(f"{who}-{other}", targets[other])
                if is_split:
                    self.links.add(f"{second(f'{who}-{other}')}", targets[other])

    def down(self):
        for name in self.processes[len(TALKS):] if self.m.mode == "split" else []:
            self.m.dev("run", "halt", name, "15", check=False)
        self.m.down()
        self.leave_disk()

    def leave_disk(self):
        disk = self.m.run / "nats"
        if os.path.ismount(disk):
            self.m.dev("run", "halt", "nats", "5", check=False)
            subprocess.run(["umount", disk], check=True)
            shutil.rmtree(disk, ignore_errors=True)

    def start(self, name):
        with self._starting:
            if not self.m.is_alive(name):
                self._start(name)

    def _start(self, name):
        if name in ("millrace", *TALKS):
            self.m.dev("run", "start_process", name)
        else:
            service = name.removesuffix("-2")
            port = 0 if service == "relay" else self.second_ports[service]
            self.m.dev("run", "start_one", name, service, str(port), MILLRACE_LINK_SUFFIX="-2")

    def signal(self, name, number):
        """Another fault may have killed it."""
        with contextlib.suppress(OSError, ValueError):
            self.m.signal(name, number)

    def kill(self, name):
        self.signal(name, signal.SIGKILL)
        wait_until(lambda: not self.m.is_alive(name), f"{name} is dead")

    def stop(self, name):
        self.m.dev("run", "halt", name, "20")

    def stop_postgres(self):
        self.m.dev("run", "pg_stop", "immediate")

    def start_postgres(self):
        with self._servers:
            if self.pg_environment:
                forget_dead_clocks()
            self.m.dev("run", "pg_start", **self.pg_environment)

    def start_nats(self):
        with self._servers:
            self.m.dev("run", "nats_start")

    def clock_file(self):
        return self.m.run / "clock"

    def step_clock(self, offset_s):
        """libfaketime reads it; whole, or not at all."""
        new = self.clock_file().with_suffix(".new")
        new.write_text(f"{offset_s:+}s\n")
        new.chmod(0o644)
        new.rename(self.clock_file())

    # Load.

    def customer(self, rng):
        while not self.stopping.is_set():
            self.want_something(rng)

    def want_something(self, rng):
        wish = self.log.wish(
            rng.choice([[(*ABC, 1)], [(*DEF, 2)], [(*ABC, 1), (*DEF, 1)], [(*DEF, 1), (*ABC, 3)],
                        [(*SHORT, 5)]]),
            has_key=rng.random() < 0.7, customer=rng.choice(CUSTOMERS),
            token=rng.choices(["pm_1234567890", "pm_card_declined", "pm_timeout", "pm_timeout_declined",
                               "pm_3ds_required"], [75, 8, 6, 3, 8])[0],
            method=rng.choices(["credit_card", "cod", "online"], [90, 7, 3])[0],
            codes=rng.choice([[], ["SUMMER2024"]]))
        cancels, is_hasty, is_doubled, pause_s = (rng.random() < 0.3, rng.random() < 0.5, rng.random() < 0.1,
                                                  rng.uniform(0, 0.05))
        if cancels and is_hasty and self.has_hasty_cancels:
            placing = threading.Thread(target=self.log.place, args=(wish,))
            placing.start()
            self.cancel_while_placing(wish, placing)
            placing.join()
        elif is_doubled and wish.key:
            at_once(2, lambda _: self.log.place(wish))
        else:
            self.log.place(wish)
        if wish.last is None and not self.stopping.wait(pause_s) and wish.key:
            self.log.place(wish)
        if cancels and wish.last is not None and wish.last.status == 201:
            time.sleep(pause_s)
            self.log.cancel(wish.last.json["orderId"], wish.customer)

    def cancel_while_placing(self, wish, placing):
        """As soon as the order can be seen, and again, whatever was answered."""
        token = self.m.token(wish.customer)
        while placing.is_alive():
            try:
                listed = self.m.request("GET", "/api/v1/orders?pageSize=5", token=token)
                orders = listed.json["orders"] if listed.status == 200 else []
            except Exception:  # a cut call, or half an answer
                orders = []
            for order in orders:
                if order.get("notes") == wish.tag:
                    self.log.cancel(order["orderId"], wish.customer)
                    self.log.cancel(order["orderId"], wish.customer)
                    return

    def resolve(self):
        """Every call with a key that has no answer yet gets one."""
        def ask(wish):
            return wait_until(lambda: wish.last or (self.log.place(wish) and wish.last),
                              f"{wish.tag} has its answer: {wish.replies[-1:]}", RESOLVE_S)
        open_wishes = [wish for wish in self.log.wishes if wish.key and wish.last is None]
        with concurrent.futures.ThreadPoolExecutor(RESOLVERS) as resolvers:
            for wish in open_wishes:  # what stays open is for the books to say
                resolvers.submit(ask, wish)

    def replay(self, rng):
        placed = [wish for wish in self.log.wishes if wish.key and wish.last and wish.last.status == 201]
        for wish in rng.sample(placed, min(REPLAYS, len(placed))):
            reply = wait_until(lambda: (one := self.log.place(wish)) and one.status != 503 and one,
                               f"{wish.tag} has its answer again", RESOLVE_S)
            equal(reply.status, 201, f"{wish.tag} is replayed")

    # A round.

    def run(self, planned, seconds, seed):
        """planned: (when, Fault)..."""
        self.stopping.clear()

        def strike(when, fault):
            if self.stopping.wait(when):
                return
            try:
                fault.begin()
                self.stopping.wait(fault.seconds)
            except Exception as error:  # another fault was in the way
                print(f"# {fault}: not made: {str(error)[:200]}", flush=True)
            fault.end()

        clients = [threading.Thread(target=self.customer, args=(random.Random(f"{seed}/{i}"),))
                   for i in range(N_CLIENTS)]
        faults = [threading.Thread(target=strike, args=one) for one in planned]
        for thread in clients + faults:
            thread.start()
        last_s = max([seconds, *(when + fault.seconds for when, fault in planned)])
        self.stopping.wait(last_s)
        self.stopping.set()
        for thread in faults + clients:
            thread.join()

    @contextlib.contextmanager
    def supervised(self):
        """A process that ends by itself, as one does whose gRPC port hears nobody, is started again."""
        done = threading.Event()

        def supervise():
            while not done.wait(0.5):
                for name in self.processes:
                    self.start(name)

        supervisor = threading.Thread(target=supervise)
        supervisor.start()
        try:
            yield
        finally:
            done.set()
            supervisor.join()

    def heal(self):
        for name in self.links.names():
            self.links.heal(name)
        self.start_postgres()
        self.start_nats()
        wait_until(self.m.is_ready, "it is ready again", 60)

    def judge(self, seed):
        self.resolve()
        self.replay(random.Random(seed))
        check(self.m, clients=self.log, orphans=self.log.orphans)


def plan(storm, rng, kinds, seconds, n):
    """The schedule of a round: PostgreSQL or NATS is not taken away twice at a time."""
    drawn = [(rng.uniform(0, seconds * 0.7), KINDS[rng.choice(kinds)](storm, rng)) for _ in range(n)]
    per_kind = collections.OrderedDict((fault.kind, (when, fault)) for when, fault in drawn)
    return sorted(per_kind.values(), key=lambda one: one[0])


def round_of(storm, number, planned, seconds):
    def test(m):
        before = storm.log.counts()
        storm.run(planned, seconds, f"{storm.seed}/{number}")
        try:
            with storm.supervised():
                storm.heal()
                storm.judge(f"{storm.seed}/{number}")
        except LawsAreBroken as error:
            storm.broken.update(error.found.keys())
            raise
        finally:
            after = storm.log.counts()
            did = ", ".join(f"{after[name] - before[name]} {name}" for name in after)
            struck = "; ".join(str(fault) for _, fault in planned)
            print(f"# seed {storm.seed} round {number}: {did}; {struck}", flush=True)
    test.__name__ = f"round {number}, and the books agree"
    return test


def arguments():
    parser = argparse.ArgumentParser(description="Faults under load; then the books are checked.")
    parser.add_argument("mode", choices=["standalone", "split"])
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6),
                        help="repeats a schedule")
    parser.add_argument("--minutes", type=float, default=10, help="about how long (10)")
    parser.add_argument("--kinds", help="parts of the names of the kinds, with commas: "
                                        + ", ".join([*KINDS, "hasty cancels"]))
    parser.add_argument("--short", action="store_true", help="what ./dev test runs")
    return parser.parse_args()


def run_short(storm, kinds):
    rng = random.Random(storm.seed)
    rounds = [round_of(storm, i, plan(storm, rng, kinds, SHORT_ROUND_S, FAULTS_PER_ROUND), SHORT_ROUND_S)
              for i in range(SHORT_ROUNDS)]
    return run_tests(rounds, storm.m)


def run_long(storm, kinds, minutes):
    """After a round that fails the next one has a new installation, so that it is judged by itself."""
    rng, end, failed, number = random.Random(storm.seed), time.monotonic() + minutes * 60, 0, 0
    while time.monotonic() < end:
        planned = plan(storm, rng, kinds, ROUND_S, FAULTS_PER_ROUND)
        if run_tests([round_of(storm, number, planned, ROUND_S)], storm.m):
            failed += 1
            storm.down()
            storm.up()
        number += 1
    print(f"seed {storm.seed}: {number} rounds, {failed} failed", flush=True)
    for law, rounds in storm.broken.most_common():
        print(f"  {rounds} times: {law}")
    return failed


def main():
    options = arguments()
    kinds = [name for name in [*KINDS, "hasty cancels"]
             if not options.kinds or any(part in name for part in options.kinds.split(","))]
    storm = Storm(options.mode, options.seed, [0.5, 1] if options.short else [1, 5, 60], kinds)
    print(f"# seed {options.seed}", flush=True)
    try:
        storm.up()
        kinds = [name for name in kinds if name in KINDS]
        left_out = [name for name in kinds if not KINDS[name].needs(storm)]
        if left_out:
            print(f"# not possible here: {', '.join(left_out)}", flush=True)
        kinds = [name for name in kinds if name not in left_out]
        failed = run_short(storm, kinds) if options.short else run_long(storm, kinds, options.minutes)
    finally:
        storm.down()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
