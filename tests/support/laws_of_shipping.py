"""The laws of shipping: what is sent of orders, and what that costs."""

from laws import ENDED, SOLD, law, sql_law
from tariff import RULES, Tariff, grams_of

UNDER_WAY = ("CREATED", "SHIPPED", "DELIVERED")
QUOTED = """
    SELECT order_id, shipping_rates_version,
           (extract(epoch FROM shipping_rates_at) * 1000000)::bigint AS at_us,
           shipping_address->>'country' AS country, coalesce(shipping_address->>'state', '') AS state,
           shipping_method, currency, customer_tier,
           shipping_minor, shipping_taxable_minor, estimated_delivery FROM orders"""
PIECES = """
    SELECT order_id, seller_id, warehouse_id, quantity, weight_grams, length_mm, width_mm, height_mm
      FROM order_items"""


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


def parcels_of_orders(books):
    """Order id -> warehouse and grams of each of its parcels."""
    lines = {}
    for order_id, seller_id, warehouse_id, *line in books.rows("order", PIECES):
        lines.setdefault(order_id, {}).setdefault((seller_id, warehouse_id), []).append(line)
    return {order_id: [(warehouse_id, grams_of(of_one)) for (_, warehouse_id), of_one in parcels.items()]
            for order_id, parcels in lines.items()}


@law("an order's shipping costs, and arrives, as the rules of shipping say that it was quoted with")
def shipping_is_what_its_rules_say(books):
    rules, parcels, tariffs = books.rows("shipping", RULES), parcels_of_orders(books), {}
    for order_id, version, at_us, *asked, cost, taxable, day in books.rows("order", QUOTED):
        if (version, at_us) not in tariffs:
            tariffs[version, at_us] = Tariff(rules, version, at_us or 0)
        wanted = tariffs[version, at_us].quote(*asked, parcels[order_id])
        if (cost, taxable, day) != wanted:
            yield order_id, version, (cost, taxable, day), wanted
