"""One slow part, or one greedy customer, holds nobody else up: health, reads and other customers go on."""

import contextlib
import http.client
import signal
import sys
import threading
import time

from calls.order import PLACE
from customers import add_customers
from delivery import deliver
from grpc_calls import caller_of, hang_up
from grpc_client import reason_of
from millrace import Millrace, equal, main, new_key, order_of, wait_until

LOST = "pm_timeout"  # the provider keeps its caller waiting, and then loses the answer
PROVIDER_MS = 6000   # for so long
PATIENCE_S = 3       # far more than an answer takes, and less than the provider
SHOP = [f"CUST-LOAD-{i}" for i in range(24)]
LINE = ("SKU-ABC-001", "PROD-67890", 1)


class Calls:
    """Calls that run side by side, each on a thread of its own; answers in the order of the calls."""

    def __init__(self, calls):
        self.replies = [None] * len(calls)
        self.threads = [threading.Thread(target=self.run, args=item) for item in enumerate(calls)]
        for thread in self.threads:
            thread.start()

    def run(self, i, call):
        with contextlib.suppress(OSError, http.client.HTTPException):  # Millrace ends before the last ones
            self.replies[i] = call()

    def answered(self):
        return [reply for reply in self.replies if reply]

    def join(self):
        for thread in self.threads:
            thread.join()
        return self.replies


def placing(m, customer, token="pm_ok", key=None, line=LINE):
    bearer = m.token(customer)
    return lambda: m.place(order_of(line, customer=customer, token=token), key=key, token=bearer)


def in_payment(m, customer="CUST-LOAD-%"):
    return m.value("payment", "SELECT count(*) FROM payments WHERE status = 'PENDING'"
                              f" AND customer_id LIKE '{customer}'")


def slowest(m, bearer, times=5):
    """The longest that health and a read of somebody else took, in seconds."""
    took = []
    for _ in range(times):
        for path, token, status in (("/health/live", "", 200), ("/health/ready", "", 200),
                                    ("/metrics", "", 200), ("/api/v1/orders/ORD-NONE", bearer, 404)):
            began = time.monotonic()
            reply = m.request("GET", path, token=token)
            took.append((time.monotonic() - began, path))
            equal(reply.status, status, reply)
    print(f"# the slowest answer took {max(took)[0] * 1000:.0f} ms: {max(took)[1]}", flush=True)
    return max(took)[0]


def ninety_retries_of_one_key_hold_nobody_up(m):
    key, bearer = new_key(), m.token("CUST-12345")
    calls = Calls([placing(m, SHOP[0], LOST, key)] * 90)
    wait_until(lambda: in_payment(m), "the provider has the payment")
    assert slowest(m, bearer) < PATIENCE_S
    wait_until(lambda: len(calls.answered()) >= 88, "all but the first, and one that waits, are told")
    equal({(r.status, r.json["error"]) for r in calls.answered()}, {(409, "IDEMPOTENCY_IN_FLIGHT")})
    assert all(int(r.headers["retry-after"]) > 0 for r in calls.answered())
    replies = calls.join()
    equal(m.value("order", f"SELECT count(*) FROM orders WHERE customer_id = '{SHOP[0]}'"), 1)
    assert sum(r.status == 201 for r in replies) >= 1, replies


def is_in_flight(reply):
    return (reply.status, reply.json.get("error")) == (409, "IDEMPOTENCY_IN_FLIGHT")


def one_retry_of_each_key_waits_for_the_first_answer(m):
    keys = {customer: new_key() for customer in SHOP[4:8]}
    calls = Calls([placing(m, customer, LOST, key) for customer, key in keys.items()] * 3)
    wait_until(lambda: len(calls.answered()) >= len(keys), "the third of each is told")
    assert all(is_in_flight(reply) for reply in calls.answered()), calls.answered()
    for customer in keys:
        of_one = calls.join()[list(keys).index(customer)::len(keys)]
        answers = [reply for reply in of_one if not is_in_flight(reply)]
        equal(len(answers), 2, of_one)
        placed = {reply.text for reply in answers if reply.status == 201}
        equal(len(placed), 1, answers)
        equal(m.value("order", f"SELECT count(*) FROM orders WHERE customer_id = '{customer}'"), 1)


def a_retry_over_grpc_waits_too(m):
    place = {**PLACE, "payment_method": {"type": "credit_card", "token": LOST}}
    key, caller = new_key(), caller_of(m, "order")
    calls = [caller.start("customer", "order.v1.OrderService/PlaceOrder", key, **place) for _ in range(3)]
    wait_until(lambda: any(call.done() for call in calls), "one of them is told")
    refused = [call for call in calls if call.exception()]
    reasons = [reason_of(call.exception()) for call in refused]
    equal(reasons.count("IDEMPOTENCY_IN_FLIGHT"), 1, reasons)
    equal(len({call.result().order.order_id for call in calls if call not in refused}), 1)
    hang_up()


def seventy_orders_that_wait_for_a_slow_provider_hold_nobody_up(m):
    bearer = m.token("CUST-12345")
    calls = Calls([placing(m, SHOP[i % len(SHOP)], LOST, new_key()) for i in range(70)])
    wait_until(lambda: in_payment(m) >= 8, "the provider has payments")
    assert slowest(m, bearer) < PATIENCE_S
    for reply in calls.join():
        assert reply.status in (201, 503), reply
        if reply.status == 503:
            assert reply.json["error"] in ("PAYMENT_PENDING", "UNAVAILABLE"), reply
    wait_until(lambda: not m.value("order", "SELECT count(*) FROM orders WHERE status = 'PENDING_PAYMENT'"),
               "every order that was written is paid", seconds=90)


def one_greedy_customer_waits_for_itself_alone(m):
    """119 at once: 8 run, 100 wait, 11 are refused; meanwhile another customer's order is placed."""
    greedy, other = SHOP[1], SHOP[2]
    calls = Calls([placing(m, greedy, LOST, new_key()) for _ in range(119)])
    wait_until(lambda: len(calls.answered()) >= 11, "those who are too many are refused", seconds=PATIENCE_S)
    for reply in calls.answered():
        equal((reply.status, reply.json["error"]), (429, "TOO_MANY_CALLS"), reply)
        assert int(reply.headers["retry-after"]) > 0
    equal(in_payment(m, greedy), 8)
    began = time.monotonic()
    equal(placing(m, other)().status, 201)
    assert time.monotonic() - began < PATIENCE_S
    equal(len(calls.answered()), 11)


def orders_complete_while_the_warehouse_asks_the_order_service(m):
    """The only unit is under a hold that is over: each order makes the warehouse ask what became of it."""
    line = ("SKU-SHORT-001", "PROD-SHORT", 1)
    equal(placing(m, SHOP[3], "pm_3ds_required", line=line)().status, 201)
    for _ in range(3):
        m.execute("warehouse", "UPDATE reservations SET expires_at = now() - interval '1 s'"
                               " WHERE status = 'ACTIVE'")
        began = time.monotonic()
        replies = Calls([placing(m, SHOP[i % len(SHOP)], line=line) for i in range(4 * len(SHOP))]).join()
        print(f"# {len(replies)} orders took {time.monotonic() - began:.1f} s", flush=True)
        equal({(r.status, r.json.get("error")) for r in replies}, {(400, "PRODUCT_OUT_OF_STOCK")})


def writing(m, key=None, **fields):
    said = {"productId": LINE[1], "rating": 4, "title": "Good", "text": "It plays", **fields}
    return m.request("POST", "/api/v1/reviews", said, headers={"Idempotency-Key": key or new_key()})


def a_review_needs_its_order_and_no_other_review_waits_for_it(m):
    key, order_id = new_key(), m.place(order_of(LINE)).json["orderId"]
    deliver(m, order_id)
    m.signal("order", signal.SIGSTOP)
    try:
        reply = writing(m, key, orderId=order_id)
        equal((reply.status, reply.json["error"]), (503, "UNAVAILABLE"), reply)
        equal(m.value("review", f"SELECT count(*) FROM reviews WHERE product_id = '{LINE[1]}'"
                                " AND customer_id = 'CUST-12345'"), 0)
        equal(writing(m, productId="PROD-20001").status, 201)
    finally:
        m.signal("order", signal.SIGCONT)
    wait_until(lambda: writing(m, key, orderId=order_id).status == 201, "the same key has its answer")
    equal(writing(m, key, orderId=order_id).json["isVerified"], True)


def request_of(m, order_id):
    reply = m.admin("GET", f"/api/v1/admin/reviews/requests/{order_id}")
    return reply.json["status"] if reply.status == 200 else None


def make_due(m, order_id):
    """Its request, although a process has tried to send it and would try again later."""
    wait_until(lambda: request_of(m, order_id), "the delivery is heard of")
    m.execute("review", "UPDATE review_requests SET due_at = now(), claimed_until = now()"
                        f" WHERE order_id = '{order_id}'")


def a_request_for_reviews_waits_for_its_customer_and_nothing_waits_for_it(m):
    order_id = m.place(order_of(("SKU-DEF-002", "PROD-11111", 1))).json["orderId"]
    deliver(m, order_id)
    m.signal("customer", signal.SIGSTOP)
    try:
        make_due(m, order_id)
        wait_until(lambda: m.value("review", "SELECT count(*) FROM review_requests"
                                             " WHERE claimed_until > now()"), "it is tried")
        equal(writing(m, productId="PROD-20002").status, 201)
        equal(request_of(m, order_id), "SCHEDULED")
    finally:
        m.signal("customer", signal.SIGCONT)
    make_due(m, order_id)
    wait_until(lambda: request_of(m, order_id) == "SENT", "it is sent", seconds=90)


TESTS = {
    "standalone": [ninety_retries_of_one_key_hold_nobody_up,
                   one_retry_of_each_key_waits_for_the_first_answer,
                   a_retry_over_grpc_waits_too,
                   seventy_orders_that_wait_for_a_slow_provider_hold_nobody_up,
                   one_greedy_customer_waits_for_itself_alone],
    "split": [one_retry_of_each_key_waits_for_the_first_answer,
              a_retry_over_grpc_waits_too,
              orders_complete_while_the_warehouse_asks_the_order_service,
              a_review_needs_its_order_and_no_other_review_waits_for_it,
              a_request_for_reviews_waits_for_its_customer_and_nothing_waits_for_it],
}
# So few that all of them meet in the warehouse at once.
WORKERS = {"standalone": 64, "split": 8}


def prepared(tests):
    """The tests, behind one that is the shop's set-up."""
    def the_shop_has_customers(m):
        add_customers(m, dict.fromkeys(SHOP, "bronze"))
        for customer in SHOP:
            m.token(customer)
    return [the_shop_has_customers, *tests]


if __name__ == "__main__":
    mode = sys.argv[1]
    main(prepared(TESTS[mode]),
         Millrace(f"isolation-{mode}", mode,
                  MILLRACE_PAYMENT_SANDBOX_DELAY_MS=PROVIDER_MS, MILLRACE_CALLER_CALLS=8,
                  MILLRACE_WORKERS=WORKERS[mode], MILLRACE_WAREHOUSE_SWEEP_INTERVAL_MS=3600000))
