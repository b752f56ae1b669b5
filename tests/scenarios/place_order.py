"""What a customer sees: orders placed, refused, read, listed and cancelled; the same on standalone and on
split."""

import copy
import json
import sys

import partners
from books import check
from delivery import mark
from grpc_calls import call, hang_up
from millrace import SAMPLE_ORDER, Millrace, at_once, equal, main, new_key, order_of, tests_in, wait_until

ABC = ("SKU-ABC-001", "PROD-67890")
DEF = ("SKU-DEF-002", "PROD-11111")


def the_sample_of_000_is_priced_to_the_cent(m):
    reply = m.place()
    equal(reply.status, 201, reply)
    order = reply.json
    equal(order["status"], "CONFIRMED")
    assert order["orderId"].startswith("ORD-"), order
    assert order["orderNumber"].startswith("ORD-20"), order
    equal(reply.text[reply.text.index('"pricing"'):reply.text.index(',"rulesVersion"')],
          '"pricing":{"subtotal":649.98,"discounts":[{"type":"promotion","code":"SUMMER2024","amount":65.00},'
          '{"type":"customer_tier","amount":32.50}],"totalDiscounts":97.50,"shipping":15.99,"tax":45.32,'
          '"total":613.79,"currency":"USD"')
    assert order["pricing"]["rulesVersion"] > 0, order
    assert order["pricing"]["rulesAt"].endswith("Z"), order
    assert "degraded" not in order["pricing"], order
    sample = {"productId": "PROD-67890", "sku": "SKU-ABC-001", "name": "Premium Wireless Headphones",
              "quantity": 2, "unitPrice": 249.99, "totalPrice": 499.98, "warehouse": "US-WEST-01",
              "discount": 75.00, "taxClass": "standard", "taxPpm": 82030}
    equal({name: order["items"][0][name] for name in sample}, sample)
    equal({k: order["payment"][k] for k in ("method", "status", "last4")},
          {"method": "credit_card", "status": "COMPLETED", "last4": "4242"})
    assert order["payment"]["transactionId"].startswith("txn_"), order
    equal(order["shipping"]["trackingNumber"], None)
    equal(order["shipping"]["cost"], 15.99)
    assert order["timestamps"]["confirmedAt"].endswith("Z"), order


def balance(m):
    return m.request("GET", "/api/v1/loyalty/CUST-12345/checkout-benefits").json["availablePoints"]


def an_order_is_paid_with_points_and_earns_others_once(m):
    check(m)
    before, plain = balance(m), m.place().json["pricing"]
    body = copy.deepcopy(SAMPLE_ORDER) | {"usePoints": 100}
    reply = m.place(body, key="points-" + new_key())
    equal(reply.status, 201, reply)
    order = reply.json
    equal(order["pricing"]["discounts"][-1], {"type": "loyalty_points", "amount": 1, "pointsUsed": 100})
    equal(round(order["pricing"]["totalDiscounts"] - plain["totalDiscounts"], 2), 1)
    earned = order["loyalty"]["pointsEarned"]
    equal(earned, int(order["pricing"]["total"]))
    equal(order["loyalty"]["pointsUsed"], 100)
    both = earned + int(plain["total"])
    wait_until(lambda: balance(m) == before - 100 + both, "the points are counted")
    check(m)
    equal(balance(m), before - 100 + both, "once")
    equal(m.request("POST", f"/api/v1/orders/{order['orderId']}/cancel", {}).status, 200)
    wait_until(lambda: balance(m) == before + int(plain["total"]), "they are given and taken back")
    told = m.request("GET", "/api/v1/loyalty/CUST-12345/points?pageSize=4").json["entries"]
    equal(sorted((entry["kind"], entry["points"]) for entry in told
                 if entry["orderId"] == order["orderId"]),
          [("earned", earned), ("returned", 100), ("revoked", -earned), ("used", -100)])


def points_that_a_customer_has_not_are_refused(m):
    reply = m.place(copy.deepcopy(SAMPLE_ORDER) | {"usePoints": 60000})
    equal((reply.status, reply.json["error"]), (400, "TOO_FEW_POINTS"), reply)
    equal(reply.json["details"]["wanted"], 55248, "what is left of the lines")
    check(m)


def an_order_can_be_read_by_its_id_and_its_number(m):
    placed = m.place().json
    for name in ("orderId", "orderNumber"):
        shown = m.request("GET", f"/api/v1/orders/{placed[name]}").json
        assert shown["status"] in ("CONFIRMED", "PROCESSING"), shown
        equal({**shown, "status": "CONFIRMED"}, placed)


def a_foreign_order_does_not_exist(m):
    placed = m.place().json
    stranger = m.token("CUST-99999")
    reply = m.request("GET", f"/api/v1/orders/{placed['orderId']}", token=stranger)
    equal((reply.status, reply.json["error"]), (404, "ORDER_NOT_FOUND"))
    reply = m.request("POST", f"/api/v1/orders/{placed['orderId']}/cancel", {}, token=stranger)
    equal((reply.status, reply.json["error"]), (404, "ORDER_NOT_FOUND"))


def orders_are_listed_newest_first_in_pages(m):
    for _ in range(3):
        m.place()
    first = m.request("GET", "/api/v1/orders?pageSize=2").json
    equal(len(first["orders"]), 2)
    second = m.request("GET", f"/api/v1/orders?pageSize=2&cursor={first['nextCursor']}").json
    seen = [order["orderId"] for order in first["orders"] + second["orders"]]
    equal(len(set(seen)), len(seen), "no order twice")
    times = [order["timestamps"]["createdAt"] for order in first["orders"] + second["orders"]]
    equal(times, sorted(times, reverse=True), "newest first")


def a_declined_card_releases_the_hold_and_leaves_its_event(m):
    before = m.available("SKU-ABC-001")
    reply = m.place(order_of((*ABC, 1), token="pm_card_declined"))
    equal((reply.status, reply.json["error"], reply.json["message"]),
          (400, "PAYMENT_FAILED", "Payment could not be processed"))
    order_id = reply.json["details"]["orderId"]
    equal(reply.json["details"],
          {"paymentError": "CARD_DECLINED", "orderId": order_id, "orderStatus": "PAYMENT_FAILED"})
    wait_until(lambda: m.available("SKU-ABC-001") == before, "the hold is released")
    equal(m.rows("order", f"SELECT event_type FROM outbox WHERE aggregate_id = '{order_id}' "
                          f"ORDER BY aggregate_version"),
          [["order.created"], ["order.payment_failed"]])
    equal(m.rows("payment", f"SELECT status FROM payments WHERE order_id = '{order_id}'"), [["FAILED"]])


def short_stock_names_every_short_line_and_holds_nothing(m):
    before = m.available("SKU-DEF-002")
    m.admin("POST", "/api/v1/inventory/adjust",
            {"sku": "SKU-ABC-001", "warehouseId": "US-WEST-01", "quantity": 1 - m.available("SKU-ABC-001"),
             "reason": "count"})
    reply = m.place(order_of((*ABC, 2), (*DEF, 1)))
    m.admin("POST", "/api/v1/inventory/adjust",
            {"sku": "SKU-ABC-001", "warehouseId": "US-WEST-01", "quantity": 1000, "reason": "delivery"})
    equal((reply.status, reply.json["error"]), (400, "PRODUCT_OUT_OF_STOCK"))
    equal(reply.json["message"], "Product SKU-ABC-001 is out of stock in warehouse US-WEST-01")
    equal(reply.json["details"], {"productId": "PROD-67890", "sku": "SKU-ABC-001", "requestedQuantity": 2,
                                  "availableQuantity": 1})
    equal(m.available("SKU-DEF-002"), before, "the other line is not held")


def an_invalid_promotion_code_says_why(m):
    reply = m.place(order_of((*ABC, 1), codes=["NO-SUCH-CODE"]))
    equal((reply.status, reply.json["error"]), (400, "INVALID_PROMOTION"))
    equal(reply.json["message"], "Promotion code NO-SUCH-CODE is not valid for this order")
    equal(reply.json["details"], {"code": "NO-SUCH-CODE", "reason": "UNKNOWN_CODE"})


def a_cancelled_order_gives_back_money_and_stock(m):
    before = m.available("SKU-DEF-002")
    order_id = m.place(order_of((*DEF, 2))).json["orderId"]
    reply = m.request("POST", f"/api/v1/orders/{order_id}/cancel", {"reason": "changed my mind"})
    equal((reply.status, reply.json["status"], reply.json["cancelReason"]),
          (200, "CANCELLED", "changed my mind"))
    wait_until(lambda: m.available("SKU-DEF-002") == before, "the stock is back")
    wait_until(lambda: m.rows("payment", f"SELECT status FROM payments "
                                         f"WHERE order_id = '{order_id}'") == [["REFUNDED"]],
               "the money is back")
    again = m.request("POST", f"/api/v1/orders/{order_id}/cancel", {"reason": "changed my mind"})
    equal((again.status, again.json["status"]), (200, "CANCELLED"))


def one_key_sent_32_times_at_once_gives_one_order_and_identical_bodies(m):
    key = new_key()

    def place_again_while_it_is_in_flight(_):
        while (reply := m.place(key=key)).status == 409:
            equal(reply.json["error"], "IDEMPOTENCY_IN_FLIGHT")
        return reply

    replies = at_once(32, place_again_while_it_is_in_flight)
    equal({reply.status for reply in replies}, {201}, replies[:3])
    equal(len({reply.text for reply in replies}), 1, "identical bodies")
    equal(m.value("order", f"SELECT count(*) FROM order_sagas WHERE idempotency_key = '{key}'"), 1)
    replays = [reply for reply in replies if reply.headers.get("idempotent-replayed") == "true"]
    equal(len(replays), 31, "replays are marked")


def a_cancellation_with_a_key_is_answered_the_same_again(m):
    order_id, key = m.place(order_of((*DEF, 1))).json["orderId"], new_key()

    def cancel(reason):
        return m.request("POST", f"/api/v1/orders/{order_id}/cancel", {"reason": reason},
                         headers={"Idempotency-Key": key})

    def cancel_again_while_it_is_in_flight(_):
        while (reply := cancel("changed my mind")).status == 409:
            equal(reply.json["error"], "IDEMPOTENCY_IN_FLIGHT")
            equal(reply.headers["retry-after"], "1")
        return reply

    replies = at_once(32, cancel_again_while_it_is_in_flight)
    equal({(reply.status, reply.json.get("status")) for reply in replies}, {(200, "CANCELLED")}, replies[:3])
    equal(len({reply.text for reply in replies}), 1, "identical bodies")
    equal(sum(reply.headers.get("idempotent-replayed") == "true" for reply in replies), 31)
    equal(m.value("order", f"SELECT count(*) FROM order_history WHERE order_id = '{order_id}'"
                           f" AND to_status = 'CANCELLED'"), 1)
    other = cancel("another")
    equal((other.status, other.json["error"]), (422, "IDEMPOTENCY_KEY_REUSED"))


def a_delivery_with_a_key_is_received_once(m):
    key = new_key()

    def receive(sku, admin="USER-ADMIN", headers=None):
        delivery = {"sku": sku, "warehouseId": "US-WEST-01", "quantity": 5, "reason": "delivery"}
        return m.request("POST", "/api/v1/inventory/adjust", delivery, token=m.token(admin, "admin"),
                         headers={"Idempotency-Key": key} if headers is None else headers)

    first = receive("SKU-NEW-001")
    equal((first.status, first.json["onHand"]), (200, 5))
    equal(receive("SKU-NEW-001", headers={}).json["onHand"], 10)
    again = receive("SKU-NEW-001")
    equal((again.status, again.text, again.headers["idempotent-replayed"]), (200, first.text, "true"))
    equal(receive("SKU-NEW-002").json["error"], "IDEMPOTENCY_KEY_REUSED")
    equal(receive("SKU-NEW-001", admin="USER-ADMIN-2").json["onHand"], 15)
    equal(m.rows("warehouse", "SELECT sku, on_hand FROM stock WHERE sku LIKE 'SKU-NEW-%'"),
          [["SKU-NEW-001", 15]])


def a_key_with_another_body_is_refused(m):
    key = new_key()
    m.place(key=key)
    reply = m.place(order_of((*DEF, 1)), key=key)
    equal((reply.status, reply.json["error"]), (422, "IDEMPOTENCY_KEY_REUSED"))


def a_declined_payment_is_replayed_as_it_was(m):
    key = new_key()
    first = m.place(order_of((*ABC, 1), token="pm_card_declined"), key=key)
    again = m.place(order_of((*ABC, 1), token="pm_card_declined"), key=key)
    equal((again.status, again.text), (first.status, first.text))


def after_a_refusal_the_key_can_be_used_anew(m):
    key = new_key()
    equal(m.place(order_of((*ABC, 9999)), key=key).status, 400)
    equal(m.place(order_of((*ABC, 1)), key=key).status, 201)


def racing_clients_sell_the_last_unit_once_while_other_skus_flow(m):
    sku = ("SKU-SHORT-001", "PROD-SHORT")
    left = m.available(sku[0])
    m.admin("POST", "/api/v1/inventory/adjust",
            {"sku": sku[0], "warehouseId": "US-WEST-01", "quantity": 1 - left,
             "reason": "one left"}) if left != 1 else None
    equal(m.available(sku[0]), 1)
    replies = at_once(80, lambda i: m.place(order_of((*sku, 1)) if i < 64 else order_of((*DEF, 1))))
    racing, others = replies[:64], replies[64:]
    equal([reply.status for reply in racing].count(201), 1, [str(r) for r in racing[:3]])
    equal({reply.json["error"] for reply in racing if reply.status != 201}, {"PRODUCT_OUT_OF_STOCK"})
    equal({reply.status for reply in others}, {201})
    equal(m.available(sku[0]), 0)


def a_payment_that_needs_3ds_waits_for_the_customer(m):
    reply = m.place(order_of((*ABC, 1), token="pm_3ds_required"))
    equal((reply.status, reply.json["status"]), (201, "PENDING_PAYMENT"))
    assert reply.json["payment"]["nextAction"]["url"], reply


def cash_on_delivery_is_confirmed_without_a_charge(m):
    order = copy.deepcopy(SAMPLE_ORDER)
    order["paymentMethod"] = {"type": "cod"}
    reply = m.place(order)
    equal((reply.status, reply.json["status"], reply.json["payment"]["status"]),
          (201, "CONFIRMED", "PENDING"))


def a_payment_whose_answer_was_lost_is_resolved_by_asking(m):
    key = new_key()
    order = order_of((*ABC, 1), token="pm_timeout")
    reply = wait_until(lambda: (lambda r: r if r.status != 503 else None)(m.place(order, key=key)),
                       "the answer is known")
    equal((reply.status, reply.json["status"]), (201, "CONFIRMED"))
    equal(m.value("payment", f"SELECT count(*) FROM sandbox_charges c JOIN payments p USING (payment_id) "
                             f"WHERE p.order_id = '{reply.json['orderId']}'"), 1)


def an_admin_moves_holds_and_payments_through_their_order_alone(m):
    order_id = m.place(order_of((*DEF, 1))).json["orderId"]
    wait_until(lambda: m.value("warehouse", f"SELECT status FROM reservations "
                                            f"WHERE order_id = '{order_id}'") == "CONFIRMED", "it is sold")
    payment_id = m.value("payment", f"SELECT payment_id FROM payments WHERE order_id = '{order_id}'")
    before = m.available("SKU-DEF-002")
    payment = {"paymentId": payment_id, "orderId": order_id, "customerId": "CUST-12345", "amountMinor": 1,
               "currency": "USD", "method": "cod"}
    for path, body, advice in (
            ("inventory/release-reservation", {"orderIds": [order_id]}, "cancel the order"),
            ("inventory/confirm-reservation", {"orderIds": [order_id]}, "when its order is confirmed"),
            ("inventory/extend-reservation", {"orderId": order_id}, "as long as its order needs it"),
            ("payments/process", payment, "place the order"),
            ("payments/refund", {"paymentId": payment_id}, "cancel the order")):
        reply = m.admin("POST", f"/api/v1/{path}", body)
        equal((reply.status, reply.json["error"]), (403, "PERMISSION_DENIED"), path)
        assert advice in reply.json["message"], reply
    equal(m.available("SKU-DEF-002"), before)
    equal(m.admin("POST", f"/api/v1/orders/{order_id}/cancel", {"reason": "by an admin"}).json["status"],
          "CANCELLED")
    wait_until(lambda: m.available("SKU-DEF-002") == before + 1, "the stock is back")
    wait_until(lambda: m.value("payment", f"SELECT status FROM payments "
                                          f"WHERE order_id = '{order_id}'") == "REFUNDED", "the money too")


def a_confirmed_order_whose_stock_is_gone_is_given_back_and_told(m):
    order_id = m.place(order_of((*DEF, 1))).json["orderId"]
    of_order = f"WHERE order_id = '{order_id}'"
    wait_until(lambda: m.rows("order", f"SELECT step, status FROM order_sagas JOIN orders USING (order_id) "
                                       f"{of_order}") == [["DONE", "PROCESSING"]], "it is sold and at work")
    call(m, "service", "warehouse.v1.WarehouseService/ReleaseReservation", order_ids=[order_id])
    hang_up()
    m.execute("order", f"UPDATE order_sagas SET step = 'SETTLE', due_at = now(), forget_at = NULL {of_order}")
    wait_until(lambda: m.rows("order", f"SELECT o.status, payment_status, step FROM orders o "
                                       f"JOIN order_sagas USING (order_id) {of_order}")
               == [["FAILED", "refunded", "DONE"]], "the order has failed and is given back")
    shown = m.request("GET", f"/api/v1/orders/{order_id}").json
    equal((shown["status"], shown["payment"]["status"]), ("FAILED", "REFUNDED"))
    assert shown["cancelReason"].startswith("Confirmed, but its stock is gone: "), shown
    equal(m.rows("payment", f"SELECT status, refunded_minor = amount_minor FROM payments {of_order}"),
          [["REFUNDED", True]])
    equal(m.rows("warehouse", f"SELECT status FROM reservations {of_order}"), [["RELEASED"]])
    equal(m.rows("order", f"SELECT event_type FROM outbox WHERE aggregate_id = '{order_id}' "
                          f"ORDER BY aggregate_version"),
          [["order.created"], ["order.confirmed"], ["order.processing"], ["order.failed"]])
    equal(m.value("order", f"SELECT count(*) FROM order_manual_reviews {of_order}"), 1)
    m.execute("order", f"UPDATE order_manual_reviews SET resolved_at = now() {of_order}")


def shipments_of(m, order_id):
    """Those of a seller each, once they are made, by seller."""
    def made():
        return m.request("GET", f"/api/v1/orders/{order_id}/tracking").json["shipments"]
    return sorted(wait_until(made, "the shipments are made"), key=lambda shipment: shipment["sellerId"])


def status_of(m, order_id):
    return m.request("GET", f"/api/v1/orders/{order_id}").json["status"]


def a_quote_is_what_the_order_costs_to_the_cent(m):
    order = order_of((*ABC, 3), (*DEF, 1), codes=["SUMMER2024"], points=100)
    asked = {name: order[name] for name in ("customerId", "items", "shippingAddress", "shippingMethod",
                                            "promotionCodes", "usePoints")}
    before = m.value("order", "SELECT count(*) FROM orders")
    quote = m.request("POST", "/api/v1/orders/quote", asked)
    equal(quote.status, 200, quote)
    equal(m.value("order", "SELECT count(*) FROM orders"), before, "nothing is written")
    placed = m.place(order).json
    for name in ("subtotal", "discounts", "totalDiscounts", "shipping", "tax", "total"):
        equal(quote.json["pricing"][name], placed["pricing"][name], name)
    equal(quote.json["items"], placed["items"])
    equal(quote.json["shipping"], placed["shipping"])
    for name in ("pointsUsed", "pointsEarned"):
        equal(quote.json["loyalty"][name], placed["loyalty"][name], name)


def an_order_is_followed_to_the_door(m):
    order_id = m.place(order_of((*ABC, 1), ("SKU-HOM-401", "PROD-20020", 2))).json["orderId"]
    path = f"/api/v1/orders/{order_id}"

    first, second = shipments_of(m, order_id)
    equal([(one["status"], one["trackingNumber"], one["shippedAt"]) for one in (first, second)],
          [("CREATED", None, None)] * 2)
    wait_until(lambda: status_of(m, order_id) == "PROCESSING", "the order is at work")
    mark(m, first["shipmentId"], "ship", {"carrier": "UPS", "trackingNumber": "1Z001"})
    refused = m.request("POST", f"{path}/cancel", {"reason": "too late"})
    equal((refused.status, refused.json["error"]), (400, "ALREADY_SHIPPED"))
    tracked = m.request("GET", f"{path}/tracking").json
    equal((tracked["status"], sorted(one["status"] for one in tracked["shipments"])),
          ("PROCESSING", ["CREATED", "SHIPPED"]), "a part of it does not make it shipped")
    mark(m, second["shipmentId"], "ship", {"carrier": "DHL", "trackingNumber": "JD002"})
    wait_until(lambda: status_of(m, order_id) == "SHIPPED", "the order is shipped")
    refused = m.request("POST", f"{path}/cancel", {"reason": "too late"})
    equal((refused.status, refused.json["error"]), (400, "ORDER_NOT_CANCELLABLE"))
    for shipment in (first, second):
        mark(m, shipment["shipmentId"], "deliver", {})
    wait_until(lambda: status_of(m, order_id) == "DELIVERED", "the order is delivered")
    tracked = sorted(m.request("GET", f"{path}/tracking").json["shipments"],
                     key=lambda shipment: shipment["sellerId"])
    equal([(one["status"], one["carrier"], one["trackingNumber"]) for one in tracked],
          [("DELIVERED", "UPS", "1Z001"), ("DELIVERED", "DHL", "JD002")])
    for shipment in tracked:
        assert shipment["deliveredAt"] >= shipment["shippedAt"] and shipment["estimatedDelivery"], shipment
    shown = m.request("GET", path).json
    assert shown["timestamps"]["deliveredAt"] >= shown["timestamps"]["shippedAt"], shown
    equal(shown["shipping"]["trackingNumber"], None, "it has several")
    its_story_is_told(m, path)


def its_story_is_told(m, path):
    told = m.request("GET", f"{path}/timeline").json
    equal([(move["version"], move.get("from"), move["to"]) for move in told["moves"]],
          [(1, None, "PENDING_PAYMENT"), (2, "PENDING_PAYMENT", "CONFIRMED"), (3, "CONFIRMED", "PROCESSING"),
           (4, "PROCESSING", "SHIPPED"), (5, "SHIPPED", "DELIVERED")])
    equal([move["actor"] for move in told["moves"][2:]], ["shipping-service"] * 3)
    equal([event["eventType"] for event in told["events"]],
          ["order.created", "order.confirmed", "order.processing", "order.shipped", "order.delivered"])
    wait_until(lambda: all(event["publishedAt"] and event["streamSequence"] > 0 for event in
                           m.request("GET", f"{path}/timeline").json["events"]), "all are published")
    assert "saga" not in told, "it is not for customers"
    equal(m.admin("GET", f"{path}/timeline").json["saga"]["step"], "DONE")


def the_way_of_a_foreign_order_is_not_told(m):
    order_id, stranger = m.place().json["orderId"], m.token("CUST-99999")
    for what in ("tracking", "timeline"):
        reply = m.request("GET", f"/api/v1/orders/{order_id}/{what}", token=stranger)
        equal((reply.status, reply.json["error"]), (404, "ORDER_NOT_FOUND"), what)


def stock_shows_what_is_on_hand_and_available(m):
    reply = m.request("GET", "/api/v1/inventory/SKU-DEF-002?warehouseId=US-WEST-01")
    equal(reply.status, 200, reply)
    item = reply.json["items"][0]
    equal(item["available"], item["onHand"] - item["reserved"])
    equal(m.request("GET", "/api/v1/inventory/NO-SUCH-SKU").status, 404)


def the_books_agree(m):
    check(m)


def one_grep_shows_the_calls_of_an_order(m):
    order = m.place().json["orderId"]

    def methods():
        lines = [json.loads(line) for name in m.processes() for line in m.log(name).splitlines()
                 if f"{order}" in line and line.startswith("{")]
        return {line["method"].split("/")[-1] for line in lines
                if line["message"] == "call" and order in line.get("order", "").split()}

    wait_until(lambda: methods() >= {"PlaceOrder", "ReserveStock", "ProcessPayment", "ConfirmReservation"},
               f"every service has logged {order}")


def a_payment_says_its_currency(m):
    order = m.place().json["orderId"]
    payment = m.admin("GET", f"/api/v1/payments/PAY-{order.removeprefix('ORD-')}").json
    equal((payment["amount"], payment["currency"]), (613.79, "USD"), payment)


def the_shop_of_the_demo_is_one(m):
    """What the catalog sells has a price in each currency, and stock; the last turntable is gone."""
    skus = [sku for sku, in m.rows("catalog", "SELECT sku FROM products WHERE sku <> 'SKU-SHORT-001'")]
    equal(len(skus), 57)
    for currency in ("USD", "EUR", "VND"):
        reply = m.admin("POST", "/api/v1/catalog/products/complete",
                        {"lines": [{"sku": sku} for sku in skus], "currency": currency})
        for product in reply.json["products"]:
            equal((product["degraded"], product["pricing"]["currency"]), ([], currency), product)
            assert product["pricing"]["unitPrice"] > 0, product
            assert product["stock"]["available"] >= 500, product


def an_order_in_euros_has_the_prices_and_taxes_of_there(m):
    body = order_of(("SKU-HOM-401", "PROD-20020", 1), ("SKU-AUD-104", "PROD-20004", 1))
    body["currency"] = "EUR"
    body["shippingAddress"] = {"street": "Invalidenstr. 1", "city": "Berlin", "zipCode": "10115",
                               "country": "DE"}
    reply = m.place(body)
    equal(reply.status, 201, reply)
    pricing = reply.json["pricing"]
    equal([pricing[name] for name in ("currency", "subtotal", "totalDiscounts", "shipping", "tax", "total")],
          ["EUR", 279.51, 13.98, 6.9, 51.76, 324.19], pricing)
    equal(m.rows("order", f"SELECT currency, total_minor, degraded FROM orders "
                          f"WHERE order_id = '{reply.json['orderId']}'"), [["EUR", 32419, False]])


TESTS = [*tests_in(sys.modules[__name__]), *partners.TESTS, the_books_agree]

if __name__ == "__main__":
    mode = sys.argv[1]
    main(TESTS, Millrace(f"scenarios-{mode}", mode))
