"""Every RPC of the order service, called."""

from grpc_calls import call, refuses
from millrace import equal, new_key, wait_until

ADDRESS = {"street": "123 Main St", "city": "San Francisco", "state": "CA", "zip_code": "94105",
           "country": "US"}
PLACE = {
    "customer_id": "CUST-12345",
    "items": [{"product_id": "PROD-11111", "sku": "SKU-DEF-002", "quantity": 1,
               "requested_warehouse": "US-WEST-01"}],
    "shipping_address": ADDRESS,
    "billing_address": ADDRESS,
    "payment_method": {"type": "credit_card", "token": "pm_1234567890"},
    "shipping_method": "standard",
}
ORDER_CONFIRMED, ORDER_PROCESSING, ORDER_SHIPPED, ORDER_DELIVERED, ORDER_CANCELLED = 2, 3, 4, 5, 6
SHIPMENT_CREATED, SHIPMENT_SHIPPED, SHIPMENT_DELIVERED = 1, 2, 3
HOLD_UNKNOWN, HOLD_CONFIRMED = 1, 3


def place(m, key=None):
    return call(m, "customer", "order.v1.OrderService/PlaceOrder", key, **PLACE).order


def at_work(m):
    """An order whose shipments are made: nothing moves it any more until they are shipped."""
    order_id = place(m).order_id

    def shown():
        order = call(m, "customer", "order.v1.OrderService/GetOrder", order_id=order_id).order
        return order if order.status == ORDER_PROCESSING else None
    return wait_until(shown, "the order's shipments are made")


def mark(m, what, shipment, **how):
    return call(m, "admin", f"shipping.v1.ShippingService/{what}", shipment_id=shipment.shipment_id,
                **how).shipment


def order_v1_OrderService_PlaceOrder(m):
    path, key = "order.v1.OrderService/PlaceOrder", new_key()
    order = place(m, key)
    equal((order.status, order.payment.status, order.pricing.total.currency),
          (ORDER_CONFIRMED, "COMPLETED", "USD"))
    equal(order.pricing.subtotal.minor, 15000)
    equal(place(m, key), order, "the same key, the same answer")
    refuses("PERMISSION_DENIED", "CUSTOMER_MISMATCH", m, "customer", path,
            **{**PLACE, "customer_id": "CUST-99999"})
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "customer", path)
    refuses("FAILED_PRECONDITION", "PAYMENT_FAILED", m, "customer", path,
            **{**PLACE, "payment_method": {"type": "credit_card", "token": "pm_card_declined"}})


def order_v1_OrderService_QuoteOrder(m):
    path = "order.v1.OrderService/QuoteOrder"
    wanted = {name: PLACE[name] for name in ("customer_id", "items", "shipping_address")}
    quote = call(m, "customer", path, **wanted)
    placed = place(m)
    equal((quote.pricing.total, quote.pricing.tax), (placed.pricing.total, placed.pricing.tax))
    equal(quote.items, placed.items)
    equal([option.method for option in quote.shipping_options], ["standard", "express", "overnight"])
    equal(quote.shipping_options[0].total, quote.pricing.total, "the cheapest, since none was asked for")
    dear = call(m, "admin", path, shipping_method="overnight", promotion_codes=["NONE"], **wanted)
    equal((dear.shipping.method, dear.pricing.total), ("overnight", dear.shipping_options[2].total))
    equal([(code.code, code.reason) for code in dear.refused_codes], [("NONE", "UNKNOWN_CODE")])
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "customer", path, **{**wanted, "items": []})


def order_v1_OrderService_GetOrder(m):
    path, order = "order.v1.OrderService/GetOrder", at_work(m)
    for role in ("customer", "admin", "service"):
        equal(call(m, role, path, order_id=order.order_id).order, order, role)
    refuses("NOT_FOUND", "ORDER_NOT_FOUND", m, "customer", path, order_id="ORD-NONE")


def order_v1_OrderService_ListOrders(m):
    path, order = "order.v1.OrderService/ListOrders", at_work(m)
    equal(call(m, "customer", path, page_size=1).orders[0], order)
    equal(call(m, "admin", path, page_size=1, customer_id="CUST-12345").orders[0], order)
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "customer", path, page_size=101)


def order_v1_OrderService_CancelOrder(m):
    path, order = "order.v1.OrderService/CancelOrder", place(m)
    cancelled = call(m, "customer", path, order_id=order.order_id, reason="changed my mind").order
    equal((cancelled.status, cancelled.cancel_reason), (ORDER_CANCELLED, "changed my mind"))
    refuses("NOT_FOUND", "ORDER_NOT_FOUND", m, "customer", path, order_id="ORD-NONE")


def order_v1_OrderService_GetTracking(m):
    path, order = "order.v1.OrderService/GetTracking", at_work(m)

    def shown(role="customer"):
        return call(m, role, path, order_id=order.order_id)

    def comes_to(status):
        return wait_until(lambda: (lambda told: told if told.status == status else None)(shown()),
                          f"the order comes to {status}")

    shipment, = shown().shipments
    equal((shipment.status, shipment.seller_id, shipment.warehouse_id, shipment.tracking_number),
          (SHIPMENT_CREATED, "SELLER-1", "US-WEST-01", ""))
    equal([(item.sku, item.quantity) for item in shipment.items], [("SKU-DEF-002", 1)])
    mark(m, "MarkShipped", shipment, carrier="UPS", tracking_number="1Z999")
    shipment, = comes_to(ORDER_SHIPPED).shipments
    equal((shipment.status, shipment.carrier, shipment.tracking_number), (SHIPMENT_SHIPPED, "UPS", "1Z999"))
    refuses("FAILED_PRECONDITION", "ORDER_NOT_CANCELLABLE", m, "customer",
            "order.v1.OrderService/CancelOrder", order_id=order.order_id)
    mark(m, "MarkDelivered", shipment)
    shipment, = comes_to(ORDER_DELIVERED).shipments
    assert shipment.delivered_at.seconds >= shipment.shipped_at.seconds > 0, shipment
    for role in ("admin", "service"):
        equal(shown(role), shown(), role)
    refuses("NOT_FOUND", "ORDER_NOT_FOUND", m, "customer", path, order_id="ORD-NONE")


def order_v1_OrderService_GetTimeline(m):
    path, order = "order.v1.OrderService/GetTimeline", at_work(m)
    shown = call(m, "customer", path, order_id=order.order_number)
    equal((shown.order_id, shown.status), (order.order_id, ORDER_PROCESSING))
    equal([(move.version, move.to) for move in shown.moves],
          [(1, 1), (2, ORDER_CONFIRMED), (3, ORDER_PROCESSING)])
    equal([event.event_type for event in shown.events],
          ["order.created", "order.confirmed", "order.processing"])
    assert not shown.HasField("saga"), "it is not for customers"
    for role in ("admin", "service"):
        assert call(m, role, path, order_id=order.order_id).saga.step, role
    refuses("NOT_FOUND", "ORDER_NOT_FOUND", m, "customer", path, order_id="ORD-NONE")


def order_v1_OrderService_ResolveHolds(m):
    answer = call(m, "service", "order.v1.OrderService/ResolveHolds",
                  order_ids=[place(m).order_id, "ORD-NONE"])
    equal(list(answer.outcomes), [HOLD_CONFIRMED, HOLD_UNKNOWN])
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "service", "order.v1.OrderService/ResolveHolds")


def order_v1_OrderService_GetPurchase(m):
    path, order = "order.v1.OrderService/GetPurchase", at_work(m)
    purchase = call(m, "service", path, order_id=order.order_id)
    equal((purchase.order_id, purchase.customer_id, purchase.status),
          (order.order_id, "CUST-12345", ORDER_PROCESSING))
    equal([(product.product_id, product.seller_id) for product in purchase.products],
          [("PROD-11111", "SELLER-1")])
    equal(call(m, "service", path, order_id=order.order_number), purchase, "by its number")
    refuses("NOT_FOUND", "ORDER_NOT_FOUND", m, "service", path, order_id="ORD-NONE")
