"""The laws of stock, orders and events."""

from laws import ENDED, SAGA_ENDS, SOLD, law, sql_law, unexpected
from services import CONSUMERS

# After its time a hold may be there until a sweeper has come by, and has asked whose it is.
SWEEP_S = 20

# Stock.

sql_law("I1 what is on hand is the sum of its ledger", "warehouse", """
    SELECT s.sku, s.on_hand, l.total FROM stock s
      FULL JOIN (SELECT sku, warehouse_id, sum(on_hand_effect) AS total FROM stock_ledger GROUP BY 1, 2) l
      USING (sku, warehouse_id)
     WHERE coalesce(s.on_hand, 0) <> coalesce(l.total, 0)""")

sql_law("I1 received = available + reserved + sold - returned", "warehouse", """
    SELECT s.sku, s.on_hand, l.* FROM stock s
      JOIN (SELECT sku, warehouse_id,
                   coalesce(sum(quantity) FILTER (WHERE kind IN ('received', 'adjusted')), 0) AS received,
                   coalesce(sum(quantity) FILTER (WHERE kind = 'sold'), 0) AS sold,
                   coalesce(sum(quantity) FILTER (WHERE kind = 'returned'), 0) AS returned
              FROM stock_ledger GROUP BY 1, 2) l USING (sku, warehouse_id)
     WHERE l.received <> (s.on_hand - s.reserved) + s.reserved + l.sold - l.returned""")

sql_law("I1 nothing is below zero", "warehouse",
        "SELECT sku, on_hand, reserved FROM stock WHERE reserved < 0 OR on_hand < reserved")

sql_law("I1 what is reserved is what active holds hold", "warehouse", """
    SELECT s.sku, s.reserved, coalesce(h.held, 0) AS held
      FROM stock s LEFT JOIN (SELECT l.sku, l.warehouse_id, sum(l.quantity) AS held
                                FROM reservations r JOIN reservation_lines l USING (reservation_id)
                               WHERE r.status = 'ACTIVE' GROUP BY 1, 2) h USING (sku, warehouse_id)
     WHERE s.reserved <> coalesce(h.held, 0)""")

sql_law("I1 a hold was reserved once, and sold or given back once", "warehouse", """
    SELECT * FROM (
            SELECT r.order_id, l.sku, r.status::text AS status, sum(l.quantity) AS held
              FROM reservations r JOIN reservation_lines l USING (reservation_id) GROUP BY 1, 2, 3) h
      FULL JOIN (
            SELECT order_id, sku, coalesce(sum(quantity) FILTER (WHERE kind = 'reserved'), 0) AS reserved,
                   coalesce(sum(quantity) FILTER (WHERE kind = 'sold'), 0) AS sold,
                   coalesce(sum(quantity) FILTER (WHERE kind = 'released'), 0) AS released,
                   coalesce(sum(quantity) FILTER (WHERE kind = 'returned'), 0) AS returned
              FROM stock_ledger WHERE order_id IS NOT NULL GROUP BY 1, 2) b USING (order_id, sku)
     WHERE NOT coalesce(reserved = held AND CASE status
                   WHEN 'ACTIVE' THEN sold = 0 AND released = 0 AND returned = 0
                   WHEN 'CONFIRMED' THEN sold = held AND released = 0 AND returned = 0
                   ELSE released + returned = held AND returned = sold END, false)""")

sql_law("I8 no hold is older than its time", "warehouse", f"""
    SELECT order_id, expires_at FROM reservations
     WHERE status = 'ACTIVE' AND expires_at < now() - interval '{SWEEP_S} s'""")


@law("I8 a hold has an order, or who will end it")
def holds_have_reasons(books):
    found = [(order_id, hold["status"]) for order_id, hold in books.holds.items()
             if hold["status"] == "ACTIVE" and order_id not in books.orders]
    return unexpected(found, books.orphans)


@law("I8 an order that ended holds nothing")
def ended_orders_hold_nothing(books):
    for order_id, order in books.orders.items():
        hold = books.holds.get(order_id, {"status": "RELEASED"})["status"]
        if order["status"] in ENDED and hold not in ("RELEASED", "EXPIRED"):
            yield order_id, order["status"], hold


@law("I7 the stock of a confirmed order is sold")
def confirmed_orders_are_sold(books):
    for order_id, order in books.orders.items():
        hold = books.holds.get(order_id, {"status": "none"})["status"]
        if order["status"] in SOLD and hold != "CONFIRMED":
            yield order_id, order["status"], hold


@law("I7 the stock of an order that waits for its customer is held")
def waiting_orders_are_held(books):
    for order_id, order in books.orders.items():
        hold = books.holds.get(order_id, {"status": "none"})["status"]
        if order["status"] == "PENDING_PAYMENT" and hold != "ACTIVE":
            yield order_id, order["status"], hold


@law("I7 nothing is sold without an order")
def sold_has_an_order(books):
    for order_id, hold in books.holds.items():
        if hold["status"] == "CONFIRMED" and order_id not in books.orders:
            yield order_id, hold["status"]


# Orders.

sql_law("I2 one order per customer and idempotency key", "order", """
    SELECT customer_id, idempotency_key, count(*) FROM order_sagas
     WHERE idempotency_key IS NOT NULL GROUP BY 1, 2 HAVING count(*) > 1""")

sql_law("I3 an order's events are its versions, without gaps", "order", """
    SELECT o.order_id, o.version, e.n, e.last
      FROM orders o LEFT JOIN (SELECT aggregate_id, count(*) AS n, max(aggregate_version) AS last
                                 FROM outbox GROUP BY 1) e ON e.aggregate_id = o.order_id
     WHERE e.n IS DISTINCT FROM o.version OR e.last IS DISTINCT FROM o.version""")

sql_law("I3 no event without its order", "order",
        "SELECT aggregate_id FROM outbox WHERE NOT EXISTS (SELECT FROM orders WHERE order_id = aggregate_id)")

sql_law("I6 lines - discounts + shipping + tax = total", "order", """
    SELECT order_id FROM orders o
     WHERE subtotal_minor - discount_minor + shipping_minor + tax_minor <> total_minor
        OR subtotal_minor <> (SELECT sum(total_minor) FROM order_items i WHERE i.order_id = o.order_id)
        OR discount_minor <> (SELECT sum(discount_minor) FROM order_items i WHERE i.order_id = o.order_id)""")

sql_law("I14 an order's history is its versions, and ends where it stands", "order", """
    SELECT o.order_id, o.version, o.status, h.n, h.last
      FROM orders o LEFT JOIN (SELECT order_id, count(*) AS n, max(version) AS highest,
                                      (array_agg(to_status ORDER BY version DESC))[1] AS last
                                 FROM order_history GROUP BY 1) h USING (order_id)
     WHERE h.n IS DISTINCT FROM o.version OR h.highest IS DISTINCT FROM o.version
        OR h.last IS DISTINCT FROM o.status""")


@law("I7 no order is left halfway")
def no_order_is_halfway(books):
    for order_id, saga in books.sagas.items():
        if saga["step"] not in SAGA_ENDS:
            yield order_id, saga["step"]
    for order_id, order in books.orders.items():
        step = books.sagas.get(order_id, {"step": "none"})["step"]
        if step == "none" or (order["status"] == "PENDING_PAYMENT") != (step == "AWAIT_CUSTOMER"):
            if step in (*SAGA_ENDS, "none"):
                yield order_id, order["status"], step


sql_law("I7 no sold order keeps the note of a hold that was not confirmed", "order", f"""
    SELECT order_id, status, metadata FROM orders
     WHERE status IN {SOLD} AND metadata ? 'reservation_confirmation_errors'""")


@law("I7 nothing needs a person")
def nothing_needs_a_person(books):
    return unexpected(books.rows("order", "SELECT order_id, reason FROM order_manual_reviews"
                                          " WHERE resolved_at IS NULL"), books.reviews)


# Events.

sql_law("I12 everything is published", "order",
        "SELECT event_id, aggregate_id, last_error FROM outbox WHERE processed_at IS NULL")


@law("I13 no event was parked by the relay")
def no_event_was_parked(books):
    return unexpected(books.rows("order", "SELECT event_id, last_error FROM outbox_dead"), books.dead)


@law("I13 no event was parked by a consumer")
def no_consumer_parked(books):
    return unexpected([row for consumer in CONSUMERS for row in
                       books.rows(consumer, "SELECT event_id, consumer, reason FROM inbox_dead")], books.dead)


@law("I4 I5 a consumer has applied the events of every aggregate, up to the last")
def consumers_are_up_to_date(books):
    for consumer, kind in CONSUMERS.items():
        applied = dict(books.rows(consumer, f"SELECT aggregate_id, version FROM inbox "
                                            f"WHERE consumer = '{consumer}' AND aggregate_type = '{kind}'"))
        written = books.versions[kind]
        for aggregate_id in {*applied, *written}:
            versions = written.get(aggregate_id), applied.get(aggregate_id)
            if versions[0] != versions[1]:
                yield aggregate_id, consumer, "written {}, applied {}".format(*versions)
