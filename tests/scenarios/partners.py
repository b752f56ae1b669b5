"""Whom an order asks before it is placed and before it is cancelled: the customer service and shipping, and
what happens while one of them is away. Run by place_order.py."""

import contextlib
import signal

from calls.shipping import CANCELLED as SHIPMENT_CANCELLED
from calls.shipping import SHIPPED, placed, ship, tracking
from customers import add_customers
from grpc_calls import hang_up
from millrace import equal, new_key, order_of, wait_until

ABC = ("SKU-ABC-001", "PROD-67890")
LAMP = ("SKU-HOM-401", "PROD-20020")  # of another seller
DUMBBELL = ("SKU-SPO-603", "PROD-20037")
LEFT = {"orders": "order", "order_sagas": "order", "reservations": "warehouse", "payments": "payment",
        "usages": "promotion"}
READS = {"customer": "/api/v1/customers/CUST-12345", "shipping": "/api/v1/shipments"}
PATIENCE_S = 20  # far more than shipping has, and less than an order


def left(m):
    """How many rows orders have left behind, by table."""
    return {table: m.value(database, f"SELECT count(*) FROM {table}") for table, database in LEFT.items()}


def refused(m, order, status, reason):
    """The order is refused, and nothing is left of it; its answer."""
    before = left(m)
    reply = m.place(order, key=new_key(), token=m.token(order["customerId"]), timeout=PATIENCE_S)
    equal((reply.status, reply.json["error"]), (status, reason), reply)
    equal(left(m), before)
    return reply


def order_from(customer, *lines, **changes):
    return {**order_of(*(lines or [(*ABC, 1)]), customer=customer), **changes}


def place_for(m, customer, *lines, **changes):
    reply = m.place(order_from(customer, *lines, **changes), key=new_key(), token=m.token(customer))
    equal((reply.status, reply.json.get("status")), (201, "CONFIRMED"), reply)
    return reply.json


def set_standing(m, customer, **standing):
    reply = m.admin("PUT", f"/api/v1/customers/{customer}/standing", {"status": "active", **standing})
    equal(reply.status, 200, reply)


def cancel(m, order_id):
    return m.request("POST", f"/api/v1/orders/{order_id}/cancel", {"reason": "changed my mind"},
                     timeout=PATIENCE_S)


def state_of(m, order_id):
    """The order, its payment, its hold, and where its saga stands."""
    return [m.value(database, f"SELECT {column}::text FROM {table} WHERE order_id = '{order_id}'")
            for database, column, table in (("order", "status", "orders"), ("payment", "status", "payments"),
                                            ("warehouse", "status", "reservations"),
                                            ("order", "step", "order_sagas"))]


KEPT = ["PROCESSING", "COMPLETED", "CONFIRMED", "DONE"]
GIVEN_BACK = ["CANCELLED", "REFUNDED", "RELEASED", "DONE"]


# ---- customers ----

def nobody_knows_who_did_not_register(m):
    reply = refused(m, order_from("CUST-NOBODY"), 400, "CUSTOMER_NOT_FOUND")
    equal(reply.json["message"], "There is no customer CUST-NOBODY")


def a_customer_who_was_closed_cannot_order_until_he_is_opened(m):
    add_customers(m, {"CUST-CLOSED": "bronze"})
    place_for(m, "CUST-CLOSED")
    set_standing(m, "CUST-CLOSED", status="closed")
    refused(m, order_from("CUST-CLOSED"), 400, "CUSTOMER_INACTIVE")
    set_standing(m, "CUST-CLOSED")
    place_for(m, "CUST-CLOSED")


def a_tier_counts_from_the_next_order_on(m):
    """Platinum takes off a tenth, and sends for nothing."""
    add_customers(m, {"CUST-RISING": "bronze"})
    pricing = place_for(m, "CUST-RISING")["pricing"]
    equal((pricing["discounts"], pricing["shipping"]), ([], 15.99))
    set_standing(m, "CUST-RISING", tier="platinum", tierUntil="2099-12-31T00:00:00Z")
    pricing = place_for(m, "CUST-RISING")["pricing"]
    equal((pricing["discounts"], pricing["shipping"]), ([{"type": "customer_tier", "amount": 25.0}], 0))


# ---- shipping ----

def what_a_seller_sends_from_a_warehouse_is_a_parcel(m):
    one = place_for(m, "CUST-99999", (*ABC, 1))
    two = place_for(m, "CUST-99999", (*ABC, 1), (*LAMP, 1))
    equal((one["pricing"]["shipping"], two["pricing"]["shipping"], two["shipping"]["cost"]),
          (15.99, 31.98, 31.98))


def what_is_heavy_costs_more(m):
    """Three of 24 kg are 72 kg: two begun kilograms beyond 70."""
    equal(place_for(m, "CUST-99999", (*DUMBBELL, 3))["pricing"]["shipping"], 17.79)


def an_address_that_nobody_serves_is_refused(m):
    paris = {"street": "1 rue de Rivoli", "city": "Paris", "zipCode": "75001", "country": "FR"}
    order = order_from("CUST-12345", (*LAMP, 1), shippingAddress=paris, currency="EUR")
    details = {"method": "standard", "country": "FR", "currency": "EUR"}
    reply = refused(m, order, 400, "SHIPPING_UNAVAILABLE")
    equal(reply.json["details"], {**details, "reason": "DESTINATION_NOT_SERVED"})
    equal(m.admin("POST", "/api/v1/shipping/zones", {"country": "FR", "zone": "FRANCE"}).status, 201)
    reply = refused(m, order, 400, "SHIPPING_UNAVAILABLE")
    equal(reply.json["details"], {**details, "reason": "NO_SHIPPING_METHOD"})
    equal(m.admin("POST", "/api/v1/shipping/zones", {"country": "FR", "zone": "EU"}).status, 201)
    placed_there = place_for(m, "CUST-12345", (*LAMP, 1), shippingAddress=paris, currency="EUR")
    equal(placed_there["shipping"]["cost"], 6.9)
    reply = refused(m, {**order, "shippingMethod": "overnight"}, 400, "SHIPPING_UNAVAILABLE")
    equal(reply.json["details"], {**details, "method": "overnight", "reason": "METHOD_NOT_OFFERED"})


# ---- cancelling ----

def an_order_of_which_something_was_shipped_stays(m):
    first, second = placed(m)
    wait_until(lambda: state_of(m, first.order_id) == KEPT, "it is sold")
    ship(m, second)
    for _ in range(2):
        reply = cancel(m, first.order_id)
        equal((reply.status, reply.json["error"]), (400, "ALREADY_SHIPPED"), reply)
        equal(state_of(m, first.order_id), KEPT)
    shown = m.request("GET", f"/api/v1/orders/{first.order_id}").json
    equal((shown["status"], shown["payment"]["status"]), ("PROCESSING", "COMPLETED"))
    equal([shipment.status for shipment in tracking(m, first.order_id).shipments].count(SHIPPED), 1)
    ship(m, first)


def an_order_that_was_cancelled_is_not_shipped_any_more(m):
    first, second = placed(m)
    equal(cancel(m, first.order_id).json["status"], "CANCELLED")
    equal({shipment.status for shipment in tracking(m, first.order_id).shipments}, {SHIPMENT_CANCELLED})
    for shipment in (first, second):
        reply = m.admin("POST", f"/api/v1/shipments/{shipment.shipment_id}/ship",
                        {"carrier": "UPS", "trackingNumber": "1Z999"})
        equal((reply.status, reply.json["error"]), (400, "SHIPMENT_CANCELLED"), reply)
    wait_until(lambda: state_of(m, first.order_id) == GIVEN_BACK, "all is given back")


# ---- who is away ----

@contextlib.contextmanager
def away(m, service):
    """Split: its process stands still. Standalone, where it cannot: its database lets nobody in."""
    if m.mode == "split":
        m.signal(service, signal.SIGSTOP)
    else:
        m.execute("order", f"ALTER DATABASE millrace_{service} ALLOW_CONNECTIONS false")
        m.execute("order", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                           f" WHERE datname = 'millrace_{service}'")
    try:
        yield
    finally:
        if m.mode == "split":
            m.signal(service, signal.SIGCONT)
        else:
            m.execute("order", f"ALTER DATABASE millrace_{service} ALLOW_CONNECTIONS true")
    wait_until(lambda: m.admin("GET", READS[service]).status == 200 and m.is_ready(), "it is back")


def is_degraded(order):
    return order["pricing"].get("degraded", False)


def without_the_customer_service_who_ordered_before_may_order(m):
    add_customers(m, {"CUST-KNOWN": "gold", "CUST-NEW": "gold"})
    before = place_for(m, "CUST-KNOWN")
    equal(is_degraded(before), False)
    with away(m, "customer"):
        order = place_for(m, "CUST-KNOWN")
        equal((is_degraded(order), order["pricing"]["total"]), (True, before["pricing"]["total"]))
        refused(m, order_from("CUST-NEW"), 503, "UNAVAILABLE")
    wait_until(lambda: not is_degraded(place_for(m, "CUST-KNOWN")), "he is asked for again")
    place_for(m, "CUST-NEW")


def without_shipping_nothing_is_ordered(m):
    """But without its database it knows its rules."""
    with away(m, "shipping"):
        if m.mode == "split":
            refused(m, order_from("CUST-12345"), 503, "UNAVAILABLE")
        else:
            place_for(m, "CUST-12345")
    wait_until(lambda: m.place().status == 201, "orders are placed again")


def what_is_cancelled_without_shipping_is_cancelled_once_it_is_back(m):
    kept, given_back = [placed(m) for _ in range(2)]
    ship(m, kept[0])
    orders = {"kept": kept[0].order_id, "given back": given_back[0].order_id}
    for order_id in orders.values():
        wait_until(lambda: state_of(m, order_id) == KEPT, "it is sold")
    hang_up()
    with away(m, "shipping"):
        for order_id in orders.values():
            reply = cancel(m, order_id)
            equal((reply.status, reply.json["error"]), (503, "UNAVAILABLE"), reply)
            equal(state_of(m, order_id), [*KEPT[:3], "CANCEL"])
    wait_until(lambda: state_of(m, orders["given back"]) == GIVEN_BACK, "all is given back")
    wait_until(lambda: state_of(m, orders["kept"]) == KEPT, "nothing is given back")


TESTS = [
    nobody_knows_who_did_not_register,
    a_customer_who_was_closed_cannot_order_until_he_is_opened,
    a_tier_counts_from_the_next_order_on,
    what_a_seller_sends_from_a_warehouse_is_a_parcel,
    what_is_heavy_costs_more,
    an_address_that_nobody_serves_is_refused,
    an_order_of_which_something_was_shipped_stays,
    an_order_that_was_cancelled_is_not_shipped_any_more,
    without_the_customer_service_who_ordered_before_may_order,
    without_shipping_nothing_is_ordered,
    what_is_cancelled_without_shipping_is_cancelled_once_it_is_back,
]
