"""The benchmarks: one run on one machine, every case checked, ratios to the floor of the same minute.

bench.py [--seconds N] [--orders N] [case ...]

A case is a name or its beginning; the others keep their results.
"""

import argparse
import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from books import check, is_at_rest
from customers import add_customers
from millrace import ROOT, Millrace, equal, wait_until

BUILD = pathlib.Path(os.environ.get("MILLRACE_BUILD", ROOT / "build"))
BENCH = ROOT / "tests/bench"
RESULTS = ROOT / "bench/results.json"
CUSTOMERS = 10_000
TIERS = ("bronze", "silver", "gold", "platinum")
OPEN_LOOP_RUNS = 3
BACKLOG = 100_000

# Before each case of orders, so that a ratio compares what the machine could do at that minute.
FLOOR_SECONDS = 5
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_s(pid, with_children=False):
    """User and system time of a process, and of those of its children that have ended."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    ticks = int(fields[11]) + int(fields[12])
    return (ticks + (int(fields[13]) + int(fields[14]) if with_children else 0)) / CLOCK_TICKS


def children(pid):
    with contextlib.suppress(FileNotFoundError):
        return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def peak_mb(pid, field="VmHWM"):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"{field}:\s+(\d+)", status)[1]) / 1024


class Meter:
    """CPU by part, and peak memory of Millrace, between two moments."""

    def __init__(self, m):
        self.m = m
        self.before = self.read()

    def postmaster(self):
        home = self.m.dev("run", "pg_home").stdout.strip()
        return int(pathlib.Path(home, "data/postmaster.pid").read_text().split("\n")[0])

    def read(self):
        postmaster = self.postmaster()
        postgres = cpu_s(postmaster, with_children=True)
        for child in children(postmaster):
            with contextlib.suppress(FileNotFoundError):
                postgres += cpu_s(child)
        return {"millrace": sum(cpu_s(self.m.pid(name)) for name in self.m.processes()),
                "postgres": postgres, "nats": cpu_s(self.m.pid("nats"))}

    def per_order_ms(self, orders):
        now = self.read()
        return {part: round((now[part] - self.before[part]) * 1000 / orders, 4) for part in now}


class Bench:
    def __init__(self, options):
        self.options = options
        self.results = json.loads(RESULTS.read_text()) if options.case and RESULTS.exists() else []
        self.installations = {}

    # Installations.

    def installation(self, mode):
        """One at a time runs; its data stay."""
        for other, m in self.installations.items():
            if other != mode:
                m.stop_millrace()
        if mode not in self.installations:
            m = Millrace(f"bench-{mode}", mode, MILLRACE_RATE_LIMIT_PER_MINUTE=100_000_000,
                         MILLRACE_CALLER_CALLS=0, MILLRACE_LOG_LEVEL="warning")
            self.installations[mode] = m
            m.clear()
            m.up()
            self.load_data(m)
        elif not self.installations[mode].processes():
            self.installations[mode].up()
        return self.installations[mode]

    def load_data(self, m):
        for data in sorted(ROOT.glob("*/demo/bench.sql")):
            m.execute(data.parts[-3], data.read_text())
        add_customers(m, {f"BENCH-{n:05}": TIERS[n % len(TIERS)] for n in range(1, CUSTOMERS + 1)})
        (m.run / "tokens").write_text(
            m.issue("BENCH-", "customer", "--count", str(CUSTOMERS), "--lifetime-s", "86400"))

    def close(self):
        for m in self.installations.values():
            m.down()

    def half_the_peak(self, mode):
        """Orders per second for the open loop, from the closed ones; 100 when none has run."""
        peaks = [row["orders_per_s"] for row in self.results
                 if row["name"].startswith(f"orders {mode} rest") and "open loop" not in row["name"]]
        return int(max(peaks, default=200) / 2)

    # Reports.

    def report(self, name, **figures):
        row = {"name": name, **figures}
        if any(other["name"] == name for other in self.results):
            self.results = [row if other["name"] == name else other for other in self.results]
        else:
            self.results.append(row)
        self.save()
        shown = {key: value for key, value in row.items()
                 if key not in ("name", "first_error") and value is not None}
        print(f"{name:38} " + "  ".join(f"{key} {value}" for key, value in shown.items()), flush=True)
        if row.get("errors"):
            print(f"{'':38} first error: {row['first_error']}", flush=True)

    def print_table(self):
        print("\n| case | orders/s | ratio to the floor | p50 ms | p99 ms | p99.9 ms"
              " | CPU ms per order (millrace + postgres + nats) | errors |\n" + "|---" * 8 + "|")
        for row in self.results:
            if not row["name"].startswith("orders "):
                continue
            parts = " + ".join(f"{row['cpu_ms_per_order_by'][part]:.2f}"
                               for part in ("millrace", "postgres", "nats"))
            print(f"| {row['name'].removeprefix('orders ')} | {row['orders_per_s']:.0f}"
                  f" | {row['ratio_to_floor']:.3f}"
                  f" | {row['p50_ms']:.1f} | {row['p99_ms']:.1f} | {row['p999_ms']:.1f}"
                  f" | {row['cpu_ms_per_order']:.2f} ({parts}) | {row['errors']} |")
        print(flush=True)

    def save(self):
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(self.results, indent=1) + "\n")

    # Cases.

    def measure_floor(self, m, seconds):
        """pgbench on the same cluster: transactions per second, average latency in ms."""
        m.execute("order", "CHECKPOINT")
        m.execute("order", (BENCH / "floor_schema.sql").read_text())
        done = subprocess.run(["pgbench", "-n", "-M", "prepared", "-c16", "-j2", "-T", str(seconds), "-f",
                               str(BENCH / "floor.sql"), m.dsn("order")],
                              check=True, capture_output=True, text=True)
        m.execute("order", "DROP TABLE floor_orders, floor_items, floor_outbox")
        m.execute("order", "CHECKPOINT")
        return [float(re.search(rf"{word} = ([\d.]+)", done.stdout)[1])
                for word in ("tps", "latency average")]

    def run_floor(self, name):
        tps, latency_ms = self.measure_floor(self.installation("standalone"), self.options.seconds)
        self.report(name, orders_per_s=round(tps, 1), average_ms=latency_ms)

    def run_orders(self, name, mode, protocol, connections, rate=0, hot=False, runs=1):
        """Of several runs the one with the median of their tails is reported."""
        rows = [self.measure_orders(name, mode, protocol, connections, rate, hot) for _ in range(runs)]
        if runs > 1:
            print(f"{name:38} p99_ms of {runs} runs: " + ", ".join(str(row["p99_ms"]) for row in rows))
        self.report(name, **sorted(rows, key=lambda row: row["p99_ms"])[runs // 2])

    def measure_orders(self, name, mode, protocol, connections, rate, hot):
        m = self.installation(mode)
        wait_until(lambda: is_at_rest(m), "the case before is at rest", 120)
        floor, _ = self.measure_floor(m, FLOOR_SECONDS)
        meter = Meter(m)
        command = [str(BUILD / f"tests/bench/load_{protocol}"),
                   "--port", str(m.http_port if protocol == "rest" else m.grpc_port),
                   "--connections", str(connections), "--seconds", str(self.options.seconds), "--orders",
                   str(self.options.orders), "--tokens", str(m.run / "tokens")]
        command += ["--rate", str(rate)] if rate else []
        command += ["--hot"] if hot else []
        done = subprocess.run(command, capture_output=True, text=True,
                              env={**os.environ,
                                   "MILLRACE_SERVICE_KEY_FILE": str(m.run / "secrets/gateway.jwk")})
        if done.returncode != 0:
            raise AssertionError(f"{name}: {done.stdout}{done.stderr}")
        figures = json.loads(done.stdout)
        ended = time.monotonic()
        wait_until(lambda: is_at_rest(m), "outbox and consumer are drained", 120)
        drain_ms = round((time.monotonic() - ended) * 1000)
        per_order = meter.per_order_ms(figures["orders"])
        memory = round(sum(peak_mb(m.pid(process)) for process in m.processes()), 1)
        check(m)
        kept = ("orders_per_s", "p50_ms", "p99_ms", "p999_ms", "orders", "errors", "first_error")
        return {**{key: figures[key] for key in kept},
                "cpu_ms_per_order": round(sum(per_order.values()), 4), "cpu_ms_per_order_by": per_order,
                "load_cpu_ms_per_order": round(figures["load_cpu_s"] * 1000 / figures["orders"], 4),
                "peak_mb": memory, "drain_ms": drain_ms, "floor_per_s": round(floor, 1),
                "ratio_to_floor": round(figures["orders_per_s"] / floor, 4)}

    def run_event_latency(self, name):
        m = self.installation("standalone")
        wait_until(lambda: is_at_rest(m), "the case before is at rest", 120)
        since = m.value("order", "SELECT now()")
        subprocess.run([str(BUILD / "tests/bench/load_rest"), "--port", str(m.http_port),
                        "--connections", "64", "--seconds", str(self.options.seconds),
                        "--orders", str(self.options.orders), "--rate", "300",
                        "--tokens", str(m.run / "tokens")], check=True, capture_output=True)
        wait_until(lambda: is_at_rest(m), "the consumer is drained", 120)
        written = dict(m.rows("order", f"SELECT aggregate_id, extract(epoch FROM created_at) FROM outbox "
                                       f"WHERE aggregate_version = 3 AND created_at > '{since}'"))
        applied = dict(m.rows("warehouse", "SELECT aggregate_id, extract(epoch FROM updated_at) FROM inbox "
                                           "WHERE version = 3"))
        took = sorted((float(applied[order]) - float(at)) * 1000 for order, at in written.items())
        self.report(name, events=len(took), p50_ms=round(took[len(took) // 2], 2),
                    p99_ms=round(took[len(took) * 99 // 100], 2), max_ms=round(took[-1], 2))

    def run_relay(self, name):
        m = Millrace("bench-relay", "split", MILLRACE_LOG_LEVEL="warning")
        try:
            m.clear()
            m.up()
            m.stop_millrace()
            m.execute("order", (BENCH / "backlog.sql").read_text())
            meter_nats = cpu_s(m.pid("nats"))
            started = time.monotonic()
            m.dev("run", "start_one", "relay")
            wait_until(lambda: m.value("order", "SELECT count(*) FROM outbox "
                                                "WHERE processed_at IS NULL") == 0,
                       "the backlog is drained", 300)
            seconds = time.monotonic() - started
            relay_cpu = cpu_s(m.pid("relay"))
            equal(m.value("order", "SELECT count(*) FROM outbox WHERE stream_sequence IS NOT NULL"), BACKLOG,
                  "every event is published")
            equal(m.value("order", "SELECT count(DISTINCT stream_sequence) FROM outbox"), BACKLOG,
                  "each once")
            self.report(name, events_per_s=round(BACKLOG / seconds, 1), seconds=round(seconds, 2),
                        relay_cpu_us_per_event=round(relay_cpu * 1e6 / BACKLOG, 2),
                        nats_cpu_us_per_event=round((cpu_s(m.pid("nats")) - meter_nats) * 1e6 / BACKLOG, 2))
        finally:
            m.down()

    def run_rpc(self, name):
        done = subprocess.run([str(BUILD / "tests/bench/bench_rpc")], check=True, capture_output=True,
                              text=True)
        self.report(name, **json.loads(done.stdout))

    def run_start(self, name):
        m = self.installation("standalone")
        m.stop_millrace()
        times = []
        for _ in range(5):
            started = time.monotonic()
            m.dev("run", "start_standalone")
            launched = time.monotonic()
            wait_until(m.is_ready, "it is ready")
            times.append((launched - started, time.monotonic() - launched))
            time.sleep(1)
            memory = peak_mb(m.pid("millrace"), "VmRSS")
            m.stop_millrace()
        ready = sorted(ready_s for _, ready_s in times)
        self.report(name, ready_ms=round(ready[2] * 1000), idle_mb=round(memory, 1))


def cases(bench):
    yield "floor first", lambda name: bench.run_floor(name)
    yield "empty RPC", lambda name: bench.run_rpc(name)
    yield "start to ready, idle", lambda name: bench.run_start(name)
    for mode in ("standalone", "split"):
        for protocol in ("rest", "grpc"):
            for connections in (1, 16, 64, 256):
                yield (f"orders {mode} {protocol} {connections}",
                       lambda name, a=(mode, protocol, connections): bench.run_orders(name, *a))
        yield (f"orders {mode} rest 64 one SKU",
               lambda name, mode=mode: bench.run_orders(name, mode, "rest", 64, hot=True))
        yield (f"orders {mode} rest open loop",
               lambda name, mode=mode: bench.run_orders(name, mode, "rest", 256,
                                                        rate=bench.half_the_peak(mode), runs=OPEN_LOOP_RUNS))
    yield "commit to consumer at 300 orders/s", lambda name: bench.run_event_latency(name)
    yield "relay, backlog of 100000", lambda name: bench.run_relay(name)
    yield "floor last", lambda name: bench.run_floor(name)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--orders", type=int, default=10_000)
    parser.add_argument("case", nargs="*")
    options = parser.parse_args()
    bench = Bench(options)
    try:
        for name, run in cases(bench):
            if not options.case or any(name.startswith(case) for case in options.case):
                run(name)
        bench.print_table()
        print("written to bench/results.json")
    finally:
        bench.close()


if __name__ == "__main__":
    main()
