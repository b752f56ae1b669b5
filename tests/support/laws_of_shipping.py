"""The laws of shipping: what is sent of orders."""

from laws import ENDED, SOLD, law, sql_law

UNDER_WAY = ("CREATED", "SHIPPED", "DELIVERED")


@law("a sold order has a shipment for each seller and warehouse, and nothing else is sent")
def sold_orders_are_shipped(books):
    sold = {order_id for order_id, order in books.orders.items() if order["status"] in SOLD}
    wanted = {(order_id, seller_id, warehouse_id) for order_id, seller_id, warehouse_id in
              books.rows("order", "SELECT order_id, seller_id, warehouse_id FROM order_items")
              if order_id in sold}
    made = {(order_id, seller_id, warehouse_id) for order_id, seller_id, warehouse_id, _ in books.shipments
            if order_id in sold or order_id not in books.orders}
    yield from wanted ^ made


def status_by(statuses):
    """Where an order stands whose shipments have these statuses."""
    if "CANCELLED" in statuses:
        return "CANCELLED"
    if "CREATED" in statuses:
        return "PROCESSING"
    return "SHIPPED" if "SHIPPED" in statuses else "DELIVERED"


@law("a sold order stands where its shipments are")
def sold_orders_stand_where_their_shipments_are(books):
    statuses = {}
    for order_id, _, _, status in books.shipments:
        statuses.setdefault(order_id, set()).add(status)
    for order_id, order in books.orders.items():
        if order["status"] in SOLD and order["status"] != status_by(statuses.get(order_id, {"CREATED"})):
            yield order_id, order["status"], sorted(statuses.get(order_id, []))


@law("an order that ended is not sent")
def ended_orders_are_not_shipped(books):
    for order_id, _, _, status in books.shipments:
        if order_id in books.orders and books.orders[order_id]["status"] in ENDED and status in UNDER_WAY:
            yield order_id, books.orders[order_id]["status"], status


sql_law("I3 a fulfilment's events are its versions, without gaps, and published", "shipping", """
    SELECT order_id, f.version, o.n
      FROM fulfilments f
      FULL JOIN (SELECT aggregate_id AS order_id, count(*) AS n, max(aggregate_version) AS newest,
                        bool_and(processed_at IS NOT NULL) AS is_published
                   FROM outbox WHERE aggregate_type = 'shipment' GROUP BY 1) o USING (order_id)
     WHERE NOT coalesce(f.version = coalesce(o.n, 0) AND f.version = coalesce(o.newest, 0)
                        AND coalesce(o.is_published, true), false)""")
