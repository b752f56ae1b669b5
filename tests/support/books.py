"""The laws of guarantees.md, checked from the databases of an installation that has come to rest."""

from millrace import wait_until

LAWS = {
    "I1 stock on hand is the sum of its ledger, and nothing is below zero": (
        "warehouse",
        """SELECT s.sku, s.on_hand, s.reserved, coalesce(l.total, 0) AS ledger
           FROM stock s
           LEFT JOIN (SELECT sku, warehouse_id, sum(on_hand_effect) AS total
                        FROM stock_ledger GROUP BY 1, 2) l
             USING (sku, warehouse_id)
           WHERE s.on_hand <> coalesce(l.total, 0) OR s.on_hand < s.reserved OR s.reserved < 0""",
    ),
    "I1 what is reserved is what active holds hold": (
        "warehouse",
        """SELECT s.sku, s.reserved, coalesce(h.held, 0) AS held
           FROM stock s LEFT JOIN (SELECT l.sku, l.warehouse_id, sum(l.quantity) AS held
                                   FROM reservations r JOIN reservation_lines l USING (reservation_id)
                                   WHERE r.status = 'ACTIVE' GROUP BY 1, 2) h USING (sku, warehouse_id)
           WHERE s.reserved <> coalesce(h.held, 0)""",
    ),
    "I3 each order's events are its versions without gaps": (
        "order",
        """SELECT o.order_id, o.version, e.n, e.last
           FROM orders o LEFT JOIN (SELECT aggregate_id, count(*) AS n, max(aggregate_version) AS last
                                    FROM outbox GROUP BY 1) e ON e.aggregate_id = o.order_id
           WHERE e.n IS DISTINCT FROM o.version OR e.last IS DISTINCT FROM o.version""",
    ),
    "I3 no event without its order": (
        "order",
        "SELECT aggregate_id FROM outbox WHERE NOT EXISTS (SELECT FROM orders WHERE order_id = aggregate_id)",
    ),
    "I6 lines - discounts + shipping + tax = total": (
        "order",
        """SELECT order_id FROM orders o
           WHERE subtotal_minor - discount_minor + shipping_minor + tax_minor <> total_minor
              OR subtotal_minor <> (SELECT sum(total_minor) FROM order_items i
                                     WHERE i.order_id = o.order_id)""",
    ),
    "I7 no order is left halfway": (
        "order",
        """SELECT s.order_id, s.step FROM order_sagas s WHERE s.step NOT IN ('DONE', 'AWAIT_CUSTOMER')""",
    ),
    "I13 nothing was parked": ("order", "SELECT event_id FROM outbox_dead"),
}


def by_key(millrace, database, query):
    return {row[0]: row[1:] for row in millrace.rows(database, query)}


def check_money(millrace):
    """I7: a confirmed order is captured once and whole (cash: at delivery); any other that ended keeps
    nothing."""
    orders = by_key(millrace, "order", "SELECT order_id, status, payment_status, total_minor FROM orders")
    captured = by_key(millrace, "payment", """
        SELECT p.order_id, sum(c.amount_minor - coalesce(r.amount_minor, 0)), count(c.payment_id)
        FROM payments p JOIN sandbox_charges c USING (payment_id)
        LEFT JOIN sandbox_refunds r USING (payment_id)
        WHERE c.status = 'CAPTURED' GROUP BY 1""")
    for order_id, (status, payment_status, total_minor) in orders.items():
        kept, charges = captured.get(order_id, (0, 0))
        if status in ("CONFIRMED", "PROCESSING") and payment_status == "paid":
            assert (kept, charges) == (total_minor, 1), \
                f"I7 {order_id} is {status}: {charges} charges, {kept} of {total_minor}"
        elif status in ("CANCELLED", "PAYMENT_FAILED", "FAILED"):
            assert kept == 0, f"I7 {order_id} is {status} and keeps {kept}"
    strangers = set(captured) - set(orders)
    assert not strangers, f"I7 charged without an order: {strangers}"


def check_holds(millrace):
    """I7: holds of confirmed orders are confirmed, no other order that ended holds anything, none is held
    twice."""
    orders = by_key(millrace, "order", "SELECT order_id, status FROM orders")
    holds = by_key(millrace, "warehouse", "SELECT order_id, status FROM reservations")
    for order_id, (status,) in orders.items():
        (hold,) = holds.get(order_id, ("none",))
        if status == "CONFIRMED":
            assert hold == "CONFIRMED", f"I7 {order_id} is CONFIRMED, its hold is {hold}"
        elif status in ("CANCELLED", "PAYMENT_FAILED", "FAILED"):
            assert hold in ("RELEASED", "EXPIRED", "none"), f"I7 {order_id} is {status}, its hold is {hold}"
    for order_id, (hold,) in holds.items():
        assert hold != "CONFIRMED" or order_id in orders, f"I7 {order_id} is sold without an order"


def check_inbox(millrace):
    """I4 I5: the consumer applied every event of every order, in order."""
    versions = by_key(millrace, "order", "SELECT order_id, version FROM orders")
    applied = by_key(millrace, "warehouse",
                     "SELECT aggregate_id, version FROM inbox WHERE consumer = 'warehouse'")
    assert versions == applied, f"I4 written {len(versions)} orders, applied {len(applied)}: " \
        f"""{[(k, versions.get(k), applied.get(k)) for k in set(versions) | set(applied)
              if versions.get(k) != applied.get(k)][:5]}"""


def is_at_rest(millrace):
    """I12: everything published, applied and acknowledged, no machine step open."""
    waiting = millrace.value("order", "SELECT (SELECT count(*) FROM outbox WHERE processed_at IS NULL)"
                                      " + (SELECT count(*) FROM order_sagas"
                                      "     WHERE step NOT IN ('DONE', 'AWAIT_CUSTOMER'))")
    if waiting:
        return False
    written = millrace.value("order", "SELECT coalesce(sum(version), 0) FROM orders")
    applied = millrace.value("warehouse",
                             "SELECT coalesce(sum(version), 0) FROM inbox WHERE consumer = 'warehouse'")
    return written == applied and millrace.consumer("warehouse")["num_ack_pending"] == 0


def check(millrace, seconds=60):
    """Waits until the installation is at rest, then holds every law against it."""
    wait_until(lambda: is_at_rest(millrace), "the outbox, the sagas and the consumer are at rest", seconds)
    for law, (database, query) in LAWS.items():
        broken = millrace.rows(database, query)
        assert not broken, f"{law}: {broken[:5]}"
    check_money(millrace)
    check_holds(millrace)
    check_inbox(millrace)
