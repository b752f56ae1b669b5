"""kill -9 at every named point, restart of what died, retry with the same key; the books must agree whatever
died.

The points are read from the sources, so a new one is tested without being listed here. What is said behind
the mode is the share of them, 1/2 and 2/2 together are all; or points by their names, for a person.
"""

import contextlib
import http.client
import pathlib
import re
import sys

from books import check
from delivery import deliver
from millrace import ROOT, WAREHOUSE, Millrace, equal, new_key, order_of, run_tests, wait_until
from services import FOLDERS, SERVED

ABC = ("SKU-ABC-001", "PROD-67890")
# Leases and redeliveries that do not make a test wait; a key is leased for as long as its call may take.
IMPATIENT = {"MILLRACE_ORDER_LEASE_MS": 1000, "MILLRACE_ORDER_RUNNER_INTERVAL_MS": 100,
             "MILLRACE_EVENTS_ACK_WAIT_MS": 1000, "MILLRACE_GATEWAY_CALL_MS": 3000,
             "MILLRACE_REVIEW_REQUEST_DELAY_MS": 1, "MILLRACE_REVIEW_SEND_INTERVAL_MS": 100}
PROCESSES = {folder: name for name, folder in FOLDERS.items()}
# In one process all die together, wherever it is. So only these are killed there, whose points say how far an
# order is; in a split installation each process is killed at each of its own.
WHO_KNOWS_HOW_FAR_AN_ORDER_IS = ("order", "payment", "relay")

# What must happen for a point to be reached: a plain order reaches all but these.
DECLINED = {"order.before_release", "order.after_release", "order.before_usage_release",
            "order.after_usage_release", "order.before_points_release", "order.after_points_release",
            "warehouse.after_release"}
CANCELLED = {"order.before_shipping_cancel", "order.after_shipping_cancel", "order.before_refund",
             "order.after_refund", "payment.after_refund"}
RESOLVED = {"payment.before_lookup", "payment.after_lookup"}
DELIVERED = {"review.before_request", "review.after_request"}
CONSUMER_POINTS = ("before_apply", "after_apply", "before_ack", "after_ack")
KEY_POINTS = ("after_key", "before_answer", "after_answer")


def points_of(text):
    """Those that stand in a source, and those that the runtime has for a consumer that it describes."""
    found = re.findall(r'\bfault_point\([^,]+, "([a-z-]+\.[a-z_]+)"\)', text)
    if len(found) != text.count("fault_point("):
        raise ValueError(f"a point that is not named where it stands is never found: {found}")
    found = set(found)
    for consumer in re.findall(r'\.consumer = "([a-z-]+)"', text):
        found |= {f"{consumer}.{point}" for point in CONSUMER_POINTS}
    return found


def takes_keys(service):
    protos = (ROOT / "protos" / service).glob("v1/*.proto")
    return any("takes_key: true" in proto.read_text() for proto in protos)


def points():
    """Point -> the process that it ends."""
    found = {f"{service.name}.{point}": service.name
             for service in SERVED if takes_keys(service.name) for point in KEY_POINTS}
    for source in sorted(ROOT.glob("*/internal/**/*.[ch]")):
        folder = source.relative_to(ROOT).parts[0]
        found |= dict.fromkeys(points_of(source.read_text()), PROCESSES[folder])
    return found


def victim(m, point):
    return "millrace" if m.mode == "standalone" else points()[point]


def until_known(ask):
    """A client that asks again until it has a definite answer; the first try may die."""
    def attempt():
        try:
            reply = ask()
        except (OSError, http.client.HTTPException):
            return None
        return reply if reply.status in (200, 201, 400, 422) else None
    return attempt


def cancel(m, order_id, key):
    return m.request("POST", f"/api/v1/orders/{order_id}/cancel", {"reason": key},
                     headers={"Idempotency-Key": key})


def receive(m, _, key):
    return m.request("POST", "/api/v1/inventory/adjust",
                     {"sku": ABC[0], "warehouseId": WAREHOUSE, "quantity": 5, "reason": key},
                     token=m.token("USER-ADMIN", "admin"), headers={"Idempotency-Key": key})


def add_seller(m, _, key):
    return m.request("POST", "/api/v1/catalog/sellers", {"sellerId": key, "name": "New", "active": True},
                     token=m.token("USER-ADMIN", "admin"), headers={"Idempotency-Key": key})


def set_price(m, _, key):
    return m.request("POST", "/api/v1/pricing/base-prices",
                     {"sku": f"SKU-{key}", "productId": f"PROD-{key}", "currency": "USD", "amountMinor": 100},
                     token=m.token("USER-ADMIN", "admin"), headers={"Idempotency-Key": key})


def set_transit_time(m, _, key):
    return m.request("POST", "/api/v1/shipping/transit-times",
                     {"zone": f"Z-{key}"[:32], "method": "standard", "days": 1},
                     token=m.token("USER-ADMIN", "admin"), headers={"Idempotency-Key": key})


def start_campaign(m, _, key):
    return m.request("POST", "/api/v1/promotions/campaigns",
                     {"rules": {"type": "cart", "discountType": "percentage", "description": key,
                                "percentBp": 1, "code": f"C-{key}".upper()}},
                     token=m.token("USER-ADMIN", "admin"), headers={"Idempotency-Key": key})


def write_review(m, _, key):
    return m.request("POST", "/api/v1/reviews",
                     {"productId": f"PROD-{key}", "rating": 4, "title": "Good", "text": "It plays"},
                     headers={"Idempotency-Key": key})


def ask_for_reviews(m, order_id, _):
    deliver(m, order_id)
    return m.admin("GET", f"/api/v1/admin/reviews/requests/{order_id}")


# What a client asks for with a key of its own once it has an order, and how often it was done.
CANCELLATION = (cancel, "order", "SELECT count(*) FROM order_history WHERE reason = '{}'")
DELIVERY = (receive, "warehouse", "SELECT count(*) FROM stock_ledger WHERE reason = '{}'")
ADDITION = (add_seller, "catalog", "SELECT count(*) FROM product_history WHERE subject_id = '{}'")
PRICE = (set_price, "pricing", "SELECT count(*) FROM price_rules WHERE sku = 'SKU-{}'")
CAMPAIGN = (start_campaign, "promotion",
            "SELECT count(*) FROM campaign_versions WHERE description = '{}'")
TRANSIT = (set_transit_time, "shipping",
           "SELECT count(*) FROM shipping_rules WHERE zone = left('Z-{}', 32)")
REVIEW = (write_review, "review", "SELECT count(*) FROM outbox WHERE payload LIKE '%PROD-{}%'")
REQUEST = (ask_for_reviews, "review", "SELECT count(*) FROM review_requests WHERE order_id = '{1}'")
WITH_A_KEY = {"order": CANCELLATION, "warehouse": DELIVERY, "catalog": ADDITION, "pricing": PRICE,
              "promotion": CAMPAIGN, "shipping": TRANSIT, "review": REVIEW}
FOLLOW_UPS = (dict.fromkeys(CANCELLED, CANCELLATION) | dict.fromkeys(DELIVERED, REQUEST)
              | {f"{service}.{point}": what for service, what in WITH_A_KEY.items() for point in KEY_POINTS})


@contextlib.contextmanager
def fatal(m, point):
    """Within, a process that reaches the point dies there."""
    told = pathlib.Path(m.environment["MILLRACE_FAULT_FILE"])
    told.write_text(point)
    try:
        yield
    finally:
        told.unlink()


def survives(m, point):
    token = {True: "pm_card_declined", False: "pm_1234567890"}[point in DECLINED]
    if point in RESOLVED:
        token = "pm_timeout"
    order = order_of((*ABC, 2), token=token, codes=["SUMMER2024"], points=10)
    key, next_key = new_key(), new_key()
    process = victim(m, point)
    place = until_known(lambda: m.place(order, key=key))
    ask, database, times = FOLLOW_UPS.get(point, (None, None, None))
    follow_up = until_known(lambda: ask(m, reply.json["orderId"], next_key))
    with fatal(m, point):
        reply = place()
        if ask:
            follow_up()
        wait_until(lambda: not m.is_alive(process), f"{process} is killed at {point}")
    m.restart(process)
    reply = wait_until(place, "the retry has its answer", 60)
    equal(reply.status, 400 if point in DECLINED else 201, reply)
    equal(m.value("order", f"SELECT count(*) FROM order_sagas WHERE idempotency_key = '{key}'"), 1,
          "one saga")
    if ask:
        assert wait_until(follow_up, "what followed has its answer", 60).status in (200, 201)
        equal(m.value(database, times.format(next_key, reply.json["orderId"])), 1, "done once")
    check(m)


def test_of(point):
    def test(m):
        survives(m, point)
    test.__name__ = f"killed at {point}, nothing is lost or done twice"
    return test


def points_in(mode):
    return sorted(point for point, process in points().items()
                  if mode == "split" or process in WHO_KNOWS_HOW_FAR_AN_ORDER_IS)


def chosen_points(mode, arguments):
    """(share, points): of a share, the points that fall to it; else those that are named."""
    if len(arguments) == 1 and "/" in arguments[0]:
        share, n_shares = map(int, arguments[0].split("/"))
        return share, points_in(mode)[share - 1::n_shares]
    return 1, arguments or points_in(mode)


def main():
    mode = sys.argv[1]
    share, chosen = chosen_points(mode, sys.argv[2:])
    m = Millrace(f"kill-{share}-{mode}", mode, MILLRACE_FAULTS_ENABLED=1, **IMPATIENT)
    m.environment["MILLRACE_FAULT_FILE"] = str(m.run / "fault")
    try:
        m.clear()
        m.up()
        failed = run_tests([test_of(point) for point in chosen], m)
    finally:
        m.down()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
