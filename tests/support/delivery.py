"""An order's way to its customer, as its sellers tell it."""

from millrace import equal, wait_until


def deliver(m, order_id):
    """Its shipments are made, sent and brought, and the order says so; doing it again changes nothing."""
    for shipment_id, status in wait_until(lambda: statuses_of(m, order_id), "its shipments are made"):
        if status != "DELIVERED":
            mark(m, shipment_id, "ship", {"carrier": "UPS", "trackingNumber": f"1Z-{shipment_id}"[:64]})
            mark(m, shipment_id, "deliver", {})
    wait_until(lambda: m.value("order", f"SELECT status FROM orders WHERE order_id = '{order_id}'")
               == "DELIVERED", "the order is delivered")


def statuses_of(m, order_id):
    return m.rows("shipping", f"SELECT shipment_id, status FROM shipments WHERE order_id = '{order_id}'")


def mark(m, shipment_id, what, body):
    reply = m.admin("POST", f"/api/v1/shipments/{shipment_id}/{what}", body)
    equal(reply.status, 200, reply)
