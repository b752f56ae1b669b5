"""What can go wrong under load, each drawn from a random number generator, so that a seed repeats it.

A kind of fault is a function of (storm, rng) that draws one and returns it; what is only known while it
happens, as which session is the third, is chosen by a number that was drawn here.
"""

import contextlib
import dataclasses
import os
import pathlib
import resource
import shutil
import signal
import typing

from links import DOWN, UP
from millrace import Session, SessionEnded

KINDS = {}


@dataclasses.dataclass
class Fault:
    kind: str
    what: str
    seconds: float
    begin: typing.Callable
    end: typing.Callable

    def __str__(self):
        return f"{self.what} ({self.seconds:.1f} s)"


def kind(name, needs=lambda storm: True):
    """needs: whether an installation can have it."""
    def keep(draw):
        def drawn(storm, rng):
            what, seconds, begin, end = draw(storm, rng)
            return Fault(name, what, seconds, begin, end)
        drawn.needs = needs
        KINDS[name] = drawn
        return drawn
    return keep


def nothing():
    pass


# F1 F2: processes.

@kind("kill")
def kill(storm, rng):
    name = rng.choice(storm.processes)
    return f"kill -9 {name}", rng.uniform(0.1, 1), lambda: storm.kill(name), lambda: storm.start(name)


@kind("restart")
def restart(storm, rng):
    name = rng.choice(storm.processes)
    return f"restart {name}", 0, lambda: storm.stop(name), lambda: storm.start(name)


@kind("stop a process")
def stop_process(storm, rng):
    name, seconds = rng.choice([*storm.processes, "nats"]), rng.choice(storm.pauses_s)
    return (f"SIGSTOP {name}", seconds, lambda: storm.signal(name, signal.SIGSTOP),
            lambda: storm.signal(name, signal.SIGCONT))


# F2 F3: PostgreSQL.

def sessions(storm):
    return [row[0] for row in storm.m.rows("order", """
        SELECT pid FROM pg_stat_activity WHERE datname LIKE 'millrace%' AND backend_type = 'client backend'
           AND application_name <> 'psql' ORDER BY backend_start, pid""")]


def signal_all(pids, number):
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


@kind("stop a session")
def stop_session(storm, rng):
    share, seconds, stopped = rng.random(), rng.choice(storm.pauses_s), []

    def begin():
        pids = sessions(storm)
        stopped.append(pids[int(share * len(pids))])
        signal_all(stopped, signal.SIGSTOP)
    return f"SIGSTOP a session, {share:.2f}", seconds, begin, lambda: signal_all(stopped, signal.SIGCONT)


@kind("end sessions")
def end_sessions(storm, rng):
    every = rng.randint(1, 3)
    return (f"end each {every}. session", 0,
            lambda: signal_all(sessions(storm)[::every], signal.SIGTERM), nothing)


@kind("restart PostgreSQL")
def restart_postgres(storm, rng):
    return "restart PostgreSQL", rng.uniform(0, 2), storm.stop_postgres, storm.start_postgres


# F4: NATS.

@kind("NATS away")
def nats_away(storm, rng):
    return ("NATS away", rng.choice(storm.pauses_s), lambda: storm.m.dev("run", "halt", "nats", "5"),
            storm.start_nats)


@kind("NATS loses its store")
def nats_loses_its_store(storm, rng):
    def begin():
        storm.m.dev("run", "halt", "nats", "5")
        shutil.rmtree(storm.m.run / "nats/jetstream", ignore_errors=True)
    return "NATS loses its store", 0.5, begin, storm.start_nats


# F5: links.

def some_link(storm, rng):
    return rng.choice(storm.links.names())


@kind("slow link")
def slow_link(storm, rng):
    name, delay_ms = some_link(storm, rng), rng.choice([5, 50, 300])
    ways = rng.choice([(UP, DOWN), (UP,), (DOWN,)])
    return (f"{name} {delay_ms} ms {'+'.join(ways)}", rng.uniform(1, 4),
            lambda: storm.links.slow(name, delay_ms, ways), lambda: storm.links.heal(name))


@kind("cut a link")
def cut_link(storm, rng):
    name = some_link(storm, rng)
    return f"cut {name}", 0, lambda: storm.links.cut(name), nothing


@kind("a link is away")
def link_away(storm, rng):
    name = some_link(storm, rng)
    return (f"{name} away", rng.uniform(0.5, 4), lambda: storm.links.leave(name),
            lambda: storm.links.heal(name))


@kind("hold a link")
def hold_link(storm, rng):
    name = some_link(storm, rng)
    return (f"hold {name}", rng.choice([0.5, 1, 2, 6]), lambda: storm.links.hold(name),
            lambda: storm.links.heal(name))


@kind("a link is half-open")
def silent_link(storm, rng):
    name = some_link(storm, rng)
    return (f"{name} half-open", rng.choice(storm.pauses_s), lambda: storm.links.silence(name),
            lambda: storm.links.heal(name))


# F6 F14: what others hold locked.

def locked(storm, database, statement):
    """begin and end of a transaction that holds what the statement locks."""
    holders = []

    def begin():
        holders.append(Session(storm.m.dsn(database)))
        with contextlib.suppress(SessionEnded):
            holders[-1].ask(f"BEGIN; {statement}")

    def end():
        for holder in holders:
            holder.close()
    return begin, end


@kind("slow provider")
def slow_provider(storm, rng):
    return "slow provider", rng.choice(storm.pauses_s), *locked(
        storm, "payment", "LOCK TABLE sandbox_charges IN SHARE MODE")


@kind("open transaction")
def open_transaction(storm, rng):
    sku = rng.choice(["SKU-ABC-001", "SKU-DEF-002"])
    return f"a transaction holds {sku}", rng.choice(storm.pauses_s[:2]), *locked(
        storm, "warehouse", f"SELECT 1 FROM stock WHERE sku = '{sku}' FOR UPDATE")


@kind("SHARE locks")
def share_lock(storm, rng):
    table = rng.choice(["orders", "order_sagas"])
    return f"SHARE lock on {table}", 0.8, *locked(storm, "order", f"LOCK TABLE {table} IN SHARE MODE")


# F7: time.

@kind("time runs out")
def time_runs_out(storm, rng):
    def begin():
        storm.m.execute("order", "UPDATE orders SET hold_expires_at = now() WHERE status = 'PENDING_PAYMENT'")
        storm.m.execute("warehouse", "UPDATE reservations SET expires_at = now() WHERE status = 'ACTIVE'")
    return "the time of all holds runs out", 0, begin, nothing


# F8: clocks.

LIBRARY = pathlib.Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")


@kind("clock steps", needs=lambda storm: LIBRARY.exists())
def clock_steps(storm, rng):
    offset_s = rng.choice([-3600, -60, -5, 5, 60, 3600])
    return (f"the database's clock steps {offset_s:+} s", rng.uniform(1, 5),
            lambda: storm.step_clock(offset_s), lambda: storm.step_clock(0))


# F9: disk full.

@kind("full disk", needs=lambda storm: storm.has_small_disk)
def full_disk(storm, rng):
    filler = storm.m.run / "nats/filler"

    def begin():
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(65536))

    def end():
        """nats-server 2.9 does not go on by itself: room, and a restart by the person who is told so."""
        filler.unlink(missing_ok=True)
        storm.m.dev("run", "halt", "nats", "1")
        storm.start_nats()
    return "the disk of NATS is full", rng.uniform(2, 6), begin, end


# F11: no more connections, no more descriptors.

@kind("no more connections")
def no_more_connections(storm, rng):
    strangers = []

    def begin():
        some = sessions(storm)[::4]
        with contextlib.suppress(SessionEnded):
            while len(strangers) < storm.max_connections:
                strangers.append(Session(storm.m.dsn("order")))
                strangers[-1].ask("SELECT 1")
        signal_all(some, signal.SIGTERM)

    def end():
        for stranger in strangers:
            stranger.close()
    return "strangers take all connections", rng.uniform(1, 4), begin, end


@kind("no more descriptors")
def no_more_descriptors(storm, rng):
    name, spare = rng.choice(storm.processes), rng.randint(0, 3)

    def limit(choose):
        """A process that was restarted meanwhile has its limit back."""
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            pid = storm.m.pid(name)
            n_open = len(list(pathlib.Path(f"/proc/{pid}/fd").iterdir()))
            _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (min(choose(n_open, hard), hard), hard))
    return (f"{name} has {spare} descriptors left", rng.uniform(1, 4),
            lambda: limit(lambda n_open, hard: n_open + spare), lambda: limit(lambda n_open, hard: hard))
