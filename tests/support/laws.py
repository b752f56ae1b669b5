"""What a law is, and the books that it reads: a law says, row by row, what breaks it."""

import functools

LAWS = {}
ENDED = ("CANCELLED", "PAYMENT_FAILED", "FAILED")
SOLD = ("CONFIRMED", "PROCESSING", "SHIPPED", "DELIVERED")
SAGA_ENDS = ("DONE", "AWAIT_CUSTOMER", "GIVEN_UP")


# Type of aggregates -> the database that has them, and the version of each that has events.
AGGREGATES = {"order": ("order", "SELECT order_id, version FROM orders"),
              "shipment": ("shipping", "SELECT order_id, version FROM fulfilments WHERE version > 0")}


class Books:
    """What the laws read, each table once.

    reviews, dead and orphans say what may be there: how many, or which by id: orders that a person must look
    at, events that were parked, and holds that a call without a key left behind when its process was killed.
    clients is the ClientLog of those who placed the orders.
    """

    def __init__(self, millrace, reviews=(), dead=(), orphans=(), clients=None):
        self.millrace = millrace
        self.reviews, self.dead, self.orphans = reviews, dead, orphans
        self.clients = clients

    def rows(self, database, query):
        return self.millrace.rows(database, query)

    def by_key(self, database, columns, table):
        """The first column -> all of them as a dict."""
        names = [column.split()[-1] for column in columns.split(", ")]
        rows = self.rows(database, f"SELECT {columns} FROM {table}")
        return {row[0]: dict(zip(names, row)) for row in rows}

    @functools.cached_property
    def orders(self):
        return self.by_key("order", "order_id, customer_id, status, version, payment_id, payment_method, "
                                    "payment_status, refund_minor, total_minor, currency, notes, "
                                    "points_used, points_earned", "orders")

    @functools.cached_property
    def versions(self):
        """Type of aggregates -> the version of each of them that has events."""
        return {kind: dict(self.rows(*source)) for kind, source in AGGREGATES.items()}

    @functools.cached_property
    def sagas(self):
        return self.by_key("order", "order_id, step", "order_sagas")

    @functools.cached_property
    def holds(self):
        return self.by_key("warehouse", "order_id, status", "reservations")

    @functools.cached_property
    def usages(self):
        return self.by_key("promotion", "order_id, status", "usages")

    def uses(self, database, query):
        """Order id -> the uses that it has: (campaign, version, amount)."""
        found = {}
        for order_id, *use in self.rows(database, query):
            found.setdefault(order_id, []).append(tuple(use))
        return found

    @functools.cached_property
    def uses_wanted(self):
        """What the discounts of orders say."""
        return self.uses("order", """
            SELECT order_id, d->>'campaignId' AS campaign_id, (d->>'campaignVersion')::bigint AS version,
                   (d->>'amountMinor')::bigint AS amount_minor
              FROM orders, jsonb_array_elements(discounts) d WHERE d ? 'campaignId'""")

    @functools.cached_property
    def uses_taken(self):
        return self.uses("promotion", "SELECT order_id, campaign_id, version, amount_minor FROM usage_lines")

    @functools.cached_property
    def points(self):
        """Of each order that has some: status of its hold, points held, and used and earned by the ledger."""
        return self.by_key("customer", "order_id, status, held, used, earned", """(
            SELECT order_id, max(h.status) AS status,
                   coalesce(max(h.points) FILTER (WHERE h.status = 'HELD'), 0) AS held,
                   coalesce(- sum(e.points) FILTER (WHERE e.kind IN ('USED', 'RETURNED')), 0) AS used,
                   coalesce(sum(e.points) FILTER (WHERE e.kind IN ('EARNED', 'REVOKED')), 0) AS earned
              FROM point_entries e FULL JOIN point_holds h USING (order_id) GROUP BY order_id) p""")

    @functools.cached_property
    def shipments(self):
        return self.rows("shipping", "SELECT order_id, seller_id, warehouse_id, status FROM shipments")

    @functools.cached_property
    def payments(self):
        return self.by_key("payment", "payment_id, order_id, customer_id, amount_minor, currency, method, "
                                      "status, refunded_minor", "payments")

    @functools.cached_property
    def charges(self):
        return self.by_key("payment", "payment_id, status, amount_minor, currency", "sandbox_charges")

    @functools.cached_property
    def refunds(self):
        return self.by_key("payment", "payment_id, amount_minor", "sandbox_refunds")

    def captured(self, payment_id):
        charge = self.charges.get(payment_id)
        return charge["amount_minor"] if charge and charge["status"] == "CAPTURED" else 0

    def kept(self, payment_id):
        """What the provider keeps of a payment."""
        refund = self.refunds.get(payment_id)
        return self.captured(payment_id) - (refund["amount_minor"] if refund else 0)


def law(name):
    def keep(function):
        LAWS[name] = function
        return function
    return keep


def sql_law(name, database, query):
    """Every row that the query finds breaks the law."""
    law(name)(lambda books: books.rows(database, query))


def unexpected(found, allowed):
    """Of rows whose first column is an id, those beyond what is allowed: a number of them, or their ids."""
    if isinstance(allowed, int):
        return found if len(found) > allowed else []
    return [row for row in found if row[0] not in allowed]
