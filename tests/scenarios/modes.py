"""One process or many: the same story leaves the same rows, the same history and the same calls behind."""

import collections
import http.client
import json
import re
import shutil
import sys

from millrace import Millrace, equal, new_key, order_of, run_tests, wait_until

ABC = ("SKU-ABC-001", "PROD-67890")
SHORT = ("SKU-SHORT-001", "PROD-SHORT")
ADMINS = ("USER-ADMIN", "USER-ADMIN-2")
# A hold is moved on by the order's call or by its event, whichever comes first.
ACTOR = "CASE WHEN kind IN ('sold', 'released', 'returned') THEN '' ELSE actor END"
# How often the others are called depends on how many orders a round of settling or sweeping finds.
COUNTED = ("PlaceOrder", "GetOrder", "ListOrders", "CancelOrder", "ReserveStock", "AdjustStock", "GetStock",
           "ReleaseReservation", "ValidatePayment", "ProcessPayment", "RefundPayment")


def adjust(m, admin, key):
    return m.request("POST", "/api/v1/inventory/adjust",
                     {"sku": SHORT[0], "warehouseId": "US-WEST-01", "quantity": 5, "reason": "delivery"},
                     token=m.token(admin, "admin"), headers={"Idempotency-Key": key})


def is_settled(m, orders):
    """Their sagas are done, the shipments of the confirmed are made, and every event is published."""
    of_orders = f"WHERE order_id = ANY ('{{{','.join(orders)}}}')"
    steps = m.rows("order", f"SELECT step FROM order_sagas {of_orders}")
    return {step for (step,) in steps} == {"DONE"} and \
        m.value("order", f"SELECT count(*) FROM orders {of_orders} AND status = 'CONFIRMED'") == 0 and \
        m.value("order", "SELECT count(*) FROM outbox WHERE processed_at IS NULL") == 0


def tell(m):
    """The story; returns what the customers and admins were answered, and the orders in their turn."""
    key, shared = new_key(), new_key()
    placed, given_up = m.place(key=key), m.place()
    declined = m.place(order_of((*ABC, 1), token="pm_card_declined"))
    answers = [placed, m.place(key=key), declined, m.place(order_of((*SHORT, 9999))), given_up]
    orders = [placed.json["orderId"], declined.json["details"]["orderId"], given_up.json["orderId"]]
    cancel = f"/api/v1/orders/{orders[2]}/cancel"
    wait_until(lambda: is_settled(m, orders), "nobody is at work on the orders when one is cancelled")
    answers += [m.request("POST", cancel, {"reason": "no"}), m.admin("POST", cancel, {"reason": "again"}),
                m.request("GET", f"/api/v1/orders/{orders[0]}"),
                m.request("GET", "/api/v1/orders?pageSize=5"),
                m.request("GET", "/api/v1/orders/ORD-NONE"),
                *(adjust(m, admin, shared) for admin in (*ADMINS, ADMINS[0])),
                m.request("GET", f"/api/v1/inventory/{SHORT[0]}"),
                m.admin("POST", "/api/v1/inventory/release-reservation", {"orderIds": [orders[0]]})]
    return [(answer.status, answer.json.get("error")) for answer in answers], orders


def counted_calls(m):
    """Method, outcome and caller of every call that any process logged."""
    calls = collections.Counter()
    for log in (m.run / "logs").glob("*.log"):
        for line in log.read_text(errors="replace").splitlines():
            if '"message":"call"' in line:
                call = json.loads(line)
                name = call["method"].rsplit("/", 1)[1]
                if name in COUNTED:
                    calls[name, call["code"], call["caller"]] += 1
    return dict(sorted(calls.items()))


REQUESTS = re.compile(r"^millrace_(rpc|gateway)_requests_total\{(.*)\} (\d+)$", re.M)


def counted_requests(m):
    """What all pages of metrics together say of the same calls, by method and how it ended."""
    requests = collections.Counter()
    for process in m.processes():
        port = m.dev("run", "metrics_port_of", process).stdout.strip()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/metrics")
        page = connection.getresponse().read().decode()
        for kind, labels, value in REQUESTS.findall(page):
            name = re.search(r'method="[^"]*/(\w+)"', labels)
            if name and name[1] in COUNTED:
                requests[kind, labels] += int(value)
        connection.close()
    return dict(sorted(requests.items()))


def story_of(mode):
    m = Millrace(f"modes-{mode}", mode)
    shutil.rmtree(m.run, ignore_errors=True)  # with the logs of an earlier run
    try:
        m.clear()
        m.up()
        answers, orders = tell(m)
        wait_until(lambda: is_settled(m, orders), "every saga is done and every event published")
        named = {order_id: f"order {number}" for number, order_id in enumerate(orders)}
        return {
            "answers": answers,
            "history": [[named[order_id], *rest] for order_id, *rest in m.rows(
                "order", "SELECT order_id, version, from_status, to_status, reason, actor FROM order_history"
                         " WHERE order_id = ANY ('{%s}') ORDER BY order_id, version" % ",".join(orders))],
            "ledger": m.rows("warehouse", f"SELECT sku, kind, quantity, on_hand_effect, {ACTOR}, count(*)"
                                          "  FROM stock_ledger GROUP BY 1, 2, 3, 4, 5"
                                          " ORDER BY 1, 2, 3, 4, 5"),
            "reservations": m.rows("warehouse", "SELECT status, count(*) FROM reservations"
                                                " GROUP BY 1 ORDER BY 1"),
            "payments": m.rows("payment", "SELECT status, amount_minor, refunded_minor FROM payments"
                                          " ORDER BY 2, 1"),
            "calls": counted_calls(m),
            "metrics": counted_requests(m),
        }
    finally:
        m.down()


def one_process_and_many_do_the_same(_):
    standalone, split = story_of("standalone"), story_of("split")
    equal([status for status, _ in standalone["answers"]],
          [201, 201, 400, 400, 201, 200, 200, 200, 200, 404, 200, 200, 200, 200, 403])
    for what, expected in standalone.items():
        equal(split[what], expected, what)
    assert standalone["metrics"], "nothing is counted"
    history = [row[-1] for row in standalone["history"]]
    assert "CUST-12345" in history and "gateway" not in history, history
    equal([row for row in standalone["ledger"] if row[0] == SHORT[0] and row[2] == 5],
          [[SHORT[0], "received", 5, 5, admin, 1] for admin in ADMINS], "a key is its caller's own")


if __name__ == "__main__":
    sys.exit(1 if run_tests([one_process_and_many_do_the_same], None) else 0)
