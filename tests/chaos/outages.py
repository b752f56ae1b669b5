"""Postgres and NATS go away and come back; so do processes, under load."""

import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

from books import check
from millrace import ROOT, Millrace, at_once, equal, new_key, order_of, run_tests, wait_until

BUILD = pathlib.Path(os.environ.get("MILLRACE_BUILD", ROOT / "build"))
ABC = ("SKU-ABC-001", "PROD-67890")
DEF = ("SKU-DEF-002", "PROD-11111")


def postgres_away_at_start_is_waited_for(m):
    m.stop_millrace()
    m.dev("run", "pg_stop")
    m.dev("run", "start_standalone")
    wait_until(lambda: '"message":"waiting"' in m.log("millrace"), "the log says what it waits for")
    equal(m.is_alive("millrace"), True)
    m.dev("run", "pg_start")
    wait_until(m.is_ready, "it is ready by itself")
    equal(m.place().status, 201)


def postgres_away_later_is_503_and_heals_by_itself(m):
    m.dev("run", "pg_stop", "immediate")
    for key, when in ((new_key(), "1"), (None, None)):  # without a key nobody is told to order again
        reply = m.place(key=key)
        equal((reply.status, reply.headers.get("retry-after")), (503, when), reply)
    wait_until(lambda: m.request("GET", "/health/ready").status == 503, "it says so")
    equal(m.request("GET", "/health/live").status, 200)
    m.dev("run", "pg_start")
    wait_until(lambda: m.place().status == 201, "orders are placed again")
    wait_until(m.is_ready, "it is ready again")
    check(m)


def nats_away_orders_still_succeed_and_the_lag_drains(m):
    m.dev("run", "halt", "nats", "5")
    replies = [m.place(order_of((*ABC, 1))) for _ in range(20)]
    equal({reply.status for reply in replies}, {201})
    equal(m.request("GET", "/health/ready").status, 200)
    lag = m.value("order", "SELECT count(*) FROM outbox WHERE processed_at IS NULL")
    assert lag >= 40, lag
    m.dev("run", "nats_start")
    check(m)
    equal(m.value("order", "SELECT coalesce(max(retry_count), 0) FROM outbox"), 0, "no event is blamed")


def a_client_that_retries_sees_each_order_once_while_millrace_is_killed(m):
    """I10: every answer seen survives, every cut call resolves to one order."""
    stopping = threading.Event()
    answers = {}

    def customer(i):
        while not stopping.is_set():
            key = new_key()
            while True:
                try:
                    reply = m.place(order_of((*DEF, 1)), key=key, timeout=10)
                except Exception:
                    reply = None
                if reply is not None and reply.status == 201:
                    answers[key] = reply.text
                    break
                time.sleep(0.05)

    threads = [threading.Thread(target=customer, args=(i,), daemon=True) for i in range(8)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(4):
            seen = len(answers)
            wait_until(lambda: len(answers) > seen + 20, "orders flow", 60)
            m.signal("millrace", signal.SIGKILL)
            wait_until(lambda: not m.is_alive("millrace"), "it is dead")
            m.up()
    finally:
        stopping.set()
    for thread in threads:
        thread.join()
    check(m)
    again = at_once(min(len(answers), 32), lambda i: m.place(order_of((*DEF, 1)), key=list(answers)[i]))
    for key, reply in zip(answers, again):
        equal(reply.text, answers[key], "the answer is the one that was seen")
    equal(m.value("order", "SELECT count(*) FROM order_sagas WHERE idempotency_key IS NOT NULL"),
          len(answers))


def sigterm_finishes_the_calls_in_flight(m):
    """Drain: NOT_SERVING first, calls in flight get their answers, then the process ends with 0 left
    undone."""
    m.stop_millrace()
    m.up(MILLRACE_FAULTS_ENABLED=1, MILLRACE_FAULT="order.before_payment=stall:1500")
    result = []
    caller = threading.Thread(target=lambda: result.append(m.place(key=new_key())))
    caller.start()
    wait_until(lambda: m.value("order", "SELECT count(*) FROM orders WHERE status = 'PENDING_PAYMENT'") > 0,
               "the call is in flight")
    m.signal("millrace", signal.SIGTERM)
    caller.join()
    equal(result[0].status, 201, result)
    wait_until(lambda: not m.is_alive("millrace"), "the process ended")
    m.up()
    check(m)


def ends_with(m, words, **settings):
    """A second process beside the running one does not start, and says why."""
    given = m.settings()
    done = subprocess.run([BUILD / "millrace"], env={**m.environment, **given, **settings},
                          timeout=60, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode > 0 and words in done.stdout, done


def what_cannot_start_says_why(m):
    ends_with(m, f"port {m.http_port}: Address already in use", MILLRACE_GRPC_PORT="0")
    ends_with(m, f"Cannot listen at 127.0.0.1:{m.grpc_port}: the port is taken", MILLRACE_HTTP_PORT="0",
              MILLRACE_GRPC_PORT=str(m.grpc_port))
    ends_with(m, "Stock is held for 105000 ms, which must be more than the 45000 ms of an order and 60000 ms",
              MILLRACE_GRPC_PORT="0", MILLRACE_HTTP_PORT="0", MILLRACE_WAREHOUSE_HOLD_MS="105000")
    ends_with(m, "Uses of promotions are held for 105000 ms, which must be more than the 45000 ms",
              MILLRACE_GRPC_PORT="0", MILLRACE_HTTP_PORT="0", MILLRACE_PROMOTION_HOLD_MS="105000")
    ends_with(m, "Points are held for 105000 ms, which must be more than the 45000 ms",
              MILLRACE_GRPC_PORT="0", MILLRACE_HTTP_PORT="0", MILLRACE_CUSTOMER_POINTS_HOLD_MS="105000")
    equal(m.place().status, 201)


def a_process_that_has_the_number_of_one_that_died_is_left_alone(m):
    """The kernel gives numbers out again; the file of one that was killed stays where it is."""
    stranger = subprocess.Popen(["sleep", "600"])
    try:
        m.signal("millrace", signal.SIGKILL)
        wait_until(lambda: not m.is_alive("millrace"), "it is dead")
        file = m.run / "pids/millrace"
        file.write_text(f"{stranger.pid} {file.read_text().split()[1]}\n")
        equal(m.is_alive("millrace"), False)
        m.dev("run", "stop_millrace")
        equal(stranger.poll(), None, "the stranger lives")
        m.up()
        equal(m.place().status, 201)
    finally:
        stranger.kill()
        stranger.wait()


def on_a_running_millrace(test):
    """Whatever the test before left behind."""
    def run(m):
        m.stop_millrace()
        m.up()
        test(m)
    run.__name__ = test.__name__
    return run


TESTS = [postgres_away_at_start_is_waited_for, postgres_away_later_is_503_and_heals_by_itself,
         nats_away_orders_still_succeed_and_the_lag_drains,
         a_client_that_retries_sees_each_order_once_while_millrace_is_killed,
         sigterm_finishes_the_calls_in_flight, what_cannot_start_says_why,
         a_process_that_has_the_number_of_one_that_died_is_left_alone]

if __name__ == "__main__":
    m = Millrace("outages", MILLRACE_ORDER_LEASE_MS=1000, MILLRACE_ORDER_RUNNER_INTERVAL_MS=100,
                 MILLRACE_EVENTS_ACK_WAIT_MS=1000)
    try:
        m.clear()
        m.up()
        m.stop_millrace()
        failed = run_tests([on_a_running_millrace(test) for test in TESTS], m)
    finally:
        m.down()
    sys.exit(1 if failed else 0)
