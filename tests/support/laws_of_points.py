"""The laws of loyalty points: the ledger, the lots, and what orders use and earn."""

from laws import SOLD, law, sql_law, unexpected
from laws_of_orders import SWEEP_S

sql_law("what a customer has left and held, less what he owes, is his ledger of points", "customer", """
    SELECT customer_id, a.debt, l.points AS left, h.points AS held, e.points AS ledger
      FROM point_accounts a
      LEFT JOIN (SELECT customer_id, sum(remaining) AS points
                   FROM point_lots GROUP BY 1) l USING (customer_id)
      LEFT JOIN (SELECT customer_id, sum(points) AS points FROM point_holds
                  WHERE status = 'HELD' GROUP BY 1) h USING (customer_id)
      FULL JOIN (SELECT customer_id, sum(points) AS points
                   FROM point_entries GROUP BY 1) e USING (customer_id)
     WHERE coalesce(l.points, 0) + coalesce(h.points, 0) - a.debt IS DISTINCT FROM coalesce(e.points, 0)""")

sql_law("a customer's account of points is the sum of his lots", "customer", """
    SELECT customer_id, a.remaining, l.points
      FROM point_accounts a
      FULL JOIN (SELECT customer_id, sum(remaining) AS points FROM point_lots
                  WHERE customer_id <> '' GROUP BY 1) l USING (customer_id)
     WHERE a.remaining IS DISTINCT FROM coalesce(l.points, 0)""")

sql_law("points that an order holds or has used are those of its lots", "customer", """
    SELECT order_id, h.points, l.points AS of_lots
      FROM point_holds h
      LEFT JOIN (SELECT order_id, sum(points) AS points FROM point_hold_lots GROUP BY 1) l USING (order_id)
     WHERE h.status IN ('HELD', 'COMMITTED') AND h.points <> coalesce(l.points, 0)""")

sql_law("no lot of points gives more than was earned", "customer", """
    SELECT l.order_id, l.earned, l.remaining, l.expired, p.points
      FROM point_lots l
      JOIN (SELECT lot_id, sum(p.points) AS points
              FROM point_hold_lots p JOIN point_holds h USING (order_id)
             WHERE h.status IN ('HELD', 'COMMITTED') GROUP BY 1) p ON p.lot_id = l.order_id
     WHERE l.earned < l.remaining + l.expired + p.points""")

sql_law("no held points are older than their time", "customer", f"""
    SELECT order_id, expires_at FROM point_holds
     WHERE status = 'HELD' AND expires_at < now() - interval '{SWEEP_S} s'""")

sql_law("an order in USD earns a point for each whole dollar, and any other none", "order", """
    SELECT order_id, total_minor, currency, points_earned FROM orders
     WHERE points_earned <> CASE currency WHEN 'USD' THEN total_minor / 100 ELSE 0 END""")

sql_law("what points take off an order is what it uses", "order", """
    SELECT order_id, points_used, discounts FROM orders
     WHERE points_used <> coalesce((SELECT sum((d->>'amountMinor')::bigint)
                                      FROM jsonb_array_elements(discounts) d
                                     WHERE d->>'type' = 'loyalty_points'), 0)""")


@law("an order has used and earned once the points that it says, and nothing when it ended")
def orders_have_what_they_say(books):
    """Of a paid order whose points were given back a person hears."""
    found = []
    for order_id, order in books.orders.items():
        is_sold, is_waiting = order["status"] in SOLD, order["status"] == "PENDING_PAYMENT"
        wanted = {"used": order["points_used"] if is_sold else 0,
                  "earned": order["points_earned"] if is_sold else 0,
                  "held": order["points_used"] if is_waiting else 0}
        taken = books.points.get(order_id, {})
        if any(taken.get(kind, 0) != points for kind, points in wanted.items()):
            found.append((order_id, order["status"], wanted, taken))
    return unexpected(found, books.reviews)


@law("held points have an order, or who will end it")
def held_points_have_reasons(books):
    found = [(order_id, points["held"]) for order_id, points in books.points.items()
             if points["status"] == "HELD" and order_id not in books.orders]
    return unexpected(found, books.orphans)


@law("no points are used without an order")
def used_points_have_an_order(books):
    for order_id, points in books.points.items():
        if points["status"] == "COMMITTED" and order_id not in books.orders:
            yield order_id, points["used"]
