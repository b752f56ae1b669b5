"""Every RPC of the order service, called."""

from grpc_calls import call, refuses
from millrace import equal, new_key

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
ORDER_CONFIRMED, ORDER_CANCELLED = 2, 6
HOLD_UNKNOWN, HOLD_CONFIRMED = 1, 3


def place(m, key=None):
    return call(m, "customer", "order.v1.OrderService/PlaceOrder", key, **PLACE).order


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


def order_v1_OrderService_GetOrder(m):
    path, order = "order.v1.OrderService/GetOrder", place(m)
    for role in ("customer", "admin", "service"):
        equal(call(m, role, path, order_id=order.order_id).order, order, role)
    refuses("NOT_FOUND", "ORDER_NOT_FOUND", m, "customer", path, order_id="ORD-NONE")


def order_v1_OrderService_ListOrders(m):
    path, order = "order.v1.OrderService/ListOrders", place(m)
    equal(call(m, "customer", path, page_size=1).orders[0], order)
    equal(call(m, "admin", path, page_size=1, customer_id="CUST-12345").orders[0], order)
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "customer", path, page_size=101)


def order_v1_OrderService_CancelOrder(m):
    path, order = "order.v1.OrderService/CancelOrder", place(m)
    cancelled = call(m, "customer", path, order_id=order.order_id, reason="changed my mind").order
    equal((cancelled.status, cancelled.cancel_reason), (ORDER_CANCELLED, "changed my mind"))
    refuses("NOT_FOUND", "ORDER_NOT_FOUND", m, "customer", path, order_id="ORD-NONE")


def order_v1_OrderService_ResolveHolds(m):
    answer = call(m, "service", "order.v1.OrderService/ResolveHolds",
                  order_ids=[place(m).order_id, "ORD-NONE"])
    equal(list(answer.outcomes), [HOLD_CONFIRMED, HOLD_UNKNOWN])
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "service", "order.v1.OrderService/ResolveHolds")


def order_v1_OrderService_GetPurchase(m):
    path, order = "order.v1.OrderService/GetPurchase", place(m)
    purchase = call(m, "service", path, order_id=order.order_id)
    equal((purchase.order_id, purchase.customer_id, purchase.status),
          (order.order_id, "CUST-12345", ORDER_CONFIRMED))
    equal([(product.product_id, product.seller_id) for product in purchase.products],
          [("PROD-11111", "SELLER-1")])
    equal(call(m, "service", path, order_id=order.order_number), purchase, "by its number")
    refuses("NOT_FOUND", "ORDER_NOT_FOUND", m, "service", path, order_id="ORD-NONE")
