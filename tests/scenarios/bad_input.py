"""Bad input: the documented error with the field's path, and nothing changed: no hold, no row, no event."""

import copy
import http.client
import json
import sys
import urllib.parse

import bad_reviews
import every_field
from millrace import SAMPLE_ORDER, Millrace, equal, main, tests_in

COUNTS = {
    "order": "SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM order_sagas),"
             "       (SELECT count(*) FROM outbox)",
    "warehouse": "SELECT (SELECT count(*) FROM reservations), (SELECT count(*) FROM stock_ledger),"
                 "       (SELECT sum(reserved) FROM stock)",
    "promotion": "SELECT (SELECT count(*) FROM usages), (SELECT count(*) FROM campaign_versions)",
    "customer": "SELECT (SELECT count(*) FROM accounts), (SELECT sum(version) FROM customers),"
                "       (SELECT count(*) FROM addresses), (SELECT count(*) FROM payment_methods),"
                "       (SELECT coalesce(sum(n), 0) FROM login_tries)",
    "payment": "SELECT (SELECT count(*) FROM payments), (SELECT count(*) FROM sandbox_charges)",
}


# What only admins write.
RULES = {
    "catalog": "SELECT (SELECT count(*) FROM products), (SELECT count(*) FROM sellers),"
               "       (SELECT count(*) FROM categories)",
    "pricing": "SELECT count(*) FROM price_rules",
}


def rows_of(m, queries):
    return {database: m.rows(database, query) for database, query in queries.items()}


def changed(path, value):
    """The sample order with the value at a path of keys changed; KeyError for a wrong path."""
    order = copy.deepcopy(SAMPLE_ORDER)
    place = order
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return order


def refused(m, status, reason, field=None, body=None, **arguments):
    """Sends it, and holds the answer and the unchanged databases against what should be."""
    before = rows_of(m, COUNTS)
    reply = m.request("POST", "/api/v1/orders", body, **arguments)
    equal((reply.status, reply.json.get("error")), (status, reason), reply)
    equal(sorted(reply.json), ["details", "error", "message"])
    if field:
        fields = [violation["field"] for violation in reply.json["details"]["violations"]]
        assert field in fields, f"{field} is not among {fields}"
    equal(rows_of(m, COUNTS), before, "nothing changed")
    return reply


def an_unknown_sku(m):
    refused(m, 400, "UNKNOWN_SKU", "items[1].sku", changed(["items", 1, "sku"], "SKU-NOPE"))


def a_product_that_is_not_the_skus(m):
    refused(m, 400, "UNKNOWN_SKU", "items[0].productId", changed(["items", 0, "productId"], "PROD-NOPE"))


def quantity_0(m):
    refused(m, 400, "INVALID_REQUEST", "items[0].quantity", changed(["items", 0, "quantity"], 0))


def quantity_9999_is_the_most(m):
    refused(m, 400, "INVALID_REQUEST", "items[0].quantity", changed(["items", 0, "quantity"], 10000))


def quantity_10000000000(m):
    refused(m, 400, "INVALID_REQUEST", "items[0].quantity", changed(["items", 0, "quantity"], 10_000_000_000))


def quantity_beyond_any_integer(m):
    body = json.dumps(SAMPLE_ORDER).replace('"quantity": 2', '"quantity": 99999999999999999999')
    refused(m, 400, "INVALID_REQUEST", "items[0].quantity", body)


def quantity_1_5(m):
    refused(m, 400, "INVALID_REQUEST", "items[0].quantity", changed(["items", 0, "quantity"], 1.5))


def a_quantity_that_is_a_word(m):
    refused(m, 400, "INVALID_REQUEST", "items[0].quantity", changed(["items", 0, "quantity"], "two"))


def no_items(m):
    refused(m, 400, "INVALID_REQUEST", "items", changed(["items"], []))


def lines_400(m):
    refused(m, 400, "INVALID_REQUEST", "items", changed(["items"], SAMPLE_ORDER["items"] * 200))


def lines_101(m):
    refused(m, 400, "INVALID_REQUEST", "items", changed(["items"], [SAMPLE_ORDER["items"][0]] * 101))


def the_same_sku_twice(m):
    refused(m, 400, "INVALID_REQUEST", "items[1].sku", changed(["items", 1], SAMPLE_ORDER["items"][0]))


def codes_11(m):
    refused(m, 400, "INVALID_REQUEST", "promotionCodes",
            changed(["promotionCodes"], ["A%d" % i for i in range(11)]))


def points_below_0_and_beyond_the_most(m):
    for points in (-1, 1000000001):
        refused(m, 400, "INVALID_REQUEST", "usePoints", SAMPLE_ORDER | {"usePoints": points})


def points_in_euros(m):
    refused(m, 400, "INVALID_REQUEST", "usePoints", SAMPLE_ORDER | {"usePoints": 1, "currency": "EUR"})


def a_foreign_customer_id(m):
    refused(m, 403, "CUSTOMER_MISMATCH", "customerId", changed(["customerId"], "CUST-99999"))


def a_missing_address(m):
    order = copy.deepcopy(SAMPLE_ORDER)
    del order["shippingAddress"]
    refused(m, 400, "INVALID_REQUEST", "shippingAddress", order)


def a_missing_city(m):
    refused(m, 400, "INVALID_REQUEST", "shippingAddress.city", changed(["shippingAddress", "city"], ""))


def an_unknown_payment_type(m):
    refused(m, 400, "INVALID_REQUEST", "paymentMethod.type", changed(["paymentMethod", "type"], "barter"))


def an_unknown_payment_token(m):
    refused(m, 400, "INVALID_REQUEST", "paymentMethod.token", changed(["paymentMethod", "token"], "nonsense"))


def a_card_number(m):
    reply = refused(m, 400, "INVALID_REQUEST", "paymentMethod.token",
                    changed(["paymentMethod", "token"], "4242424242424242"))
    assert "4242424242424242" not in reply.text, reply


def a_card_number_in_any_text_that_people_write(m):
    card = "4242 4242 4242 4242"
    for path, field in ((["notes"], "notes"), (["shippingAddress", "street"], "shippingAddress.street"),
                        (["billingAddress", "city"], "billingAddress.city"),
                        (["billingAddress", "state"], "billingAddress.state"),
                        (["promotionCodes", 0], "promotionCodes[0]")):
        reply = refused(m, 400, "INVALID_REQUEST", field, changed(path, f"my card {card}."))
        assert "4242" not in reply.text, reply
    reply = m.request("POST", "/api/v1/orders/ORD-1/cancel", {"reason": card})
    equal((reply.status, reply.json["details"]["violations"][0]["field"]), (400, "reason"))
    equal(m.admin("POST", "/api/v1/inventory/adjust",
                  {"sku": "4242424242424242", "warehouseId": "US-WEST-01", "quantity": 1,
                   "reason": card}).json["details"]["violations"],
          [{"field": "reason", "description": "looks like a card number"}])


def an_address_whose_taxes_nobody_knows(m):
    order = copy.deepcopy(SAMPLE_ORDER)
    order["shippingAddress"]["state"] = "NV"
    reply = refused(m, 400, "TAX_UNAVAILABLE", "shippingAddress", order)
    equal([reply.json["details"].get(key) for key in ("country", "state", "taxClass", "sku")],
          ["US", "NV", "standard", "SKU-ABC-001"])


def ids_that_nobody_can_tell_apart(m):
    content = {"name": "Mug", "categoryId": "CAT-KITCHEN", "currency": "USD", "basePriceMinor": 1}
    price = {"sku": "SKU-1", "productId": "PROD-1", "currency": "USD", "amountMinor": 1}
    rules = {"type": "catalog", "discountType": "percentage", "percentBp": 1, "description": "one"}
    bodies = (("catalog/products", {"sku": "{}", "sellerId": "SELLER-1", "content": content}, "sku"),
              ("catalog/products", {"sku": "SKU-1", "sellerId": "SELLER-1",
                                    "content": {**content, "taxClass": "{}"}}, "content.taxClass"),
              ("catalog/sellers", {"sellerId": "{}", "name": "One"}, "sellerId"),
              ("catalog/categories", {"categoryId": "{}", "name": "One"}, "categoryId"),
              ("pricing/base-prices", {**price, "sku": "{}"}, "sku"),
              ("pricing/base-prices", {**price, "productId": "{}"}, "productId"),
              ("pricing/quantity-breaks", {**price, "sku": "{}", "minQuantity": 2}, "sku"),
              ("pricing/quantity-breaks", {**price, "productId": "{}", "minQuantity": 2}, "productId"),
              ("pricing/price-lists", {**price, "sku": "{}", "tier": "gold"}, "sku"),
              ("pricing/price-lists", {**price, "productId": "{}", "tier": "gold"}, "productId"),
              ("pricing/price-lists", {**price, "tier": "{}"}, "tier"),
              ("pricing/price-lists", {**price, "segment": "{}"}, "segment"),
              ("pricing/warehouse-markups", {"warehouseId": "{}", "bp": 1}, "warehouseId"),
              ("pricing/tax-rates", {"country": "US", "taxClass": "{}", "taxPpm": 1}, "taxClass"),
              ("promotions/campaigns", {"rules": {**rules, "productIds": ["{}"]}}, "rules.productIds[0]"),
              ("promotions/campaigns", {"rules": {**rules, "productIds": ["P"], "code": "{}"}}, "rules.code"),
              ("inventory/adjust", {"sku": "{}", "warehouseId": "US-WEST-01", "quantity": 1,
                                    "reason": "one"}, "sku"),
              ("inventory/adjust", {"sku": "SKU-ABC-001", "warehouseId": "{}", "quantity": 1,
                                    "reason": "one"}, "warehouseId"),
              ("inventory/reserve", {"orderId": "{}", "items": [
                  {"sku": "SKU-ABC-001", "warehouseId": "US-WEST-01", "quantity": 1}]}, "orderId"))
    before = rows_of(m, {**COUNTS, **RULES})
    for bad in (" ", "\u200b", "A\u200b", " A", "A ", "A\tB"):
        for path, body, field in bodies:
            reply = m.admin("POST", f"/api/v1/{path}",
                            json.dumps(body).replace('"{}"', json.dumps(bad)))
            equal((reply.status, [violation["field"] for violation in reply.json["details"]["violations"]]),
                  (400, [field]), (bad, reply))
    equal(rows_of(m, {**COUNTS, **RULES}), before, "nothing changed")


def times_of_1970(m):
    price = {"sku": "SKU-1970", "productId": "PROD-1970", "currency": "USD", "amountMinor": 1}
    before = rows_of(m, RULES)
    for time in ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00.5Z", "1969-12-31T23:59:59Z",
                 "0001-01-01T00:00:00Z"):
        reply = m.admin("POST", "/api/v1/pricing/base-prices", {**price, "validFrom": time})
        equal((reply.status, [violation["field"] for violation in reply.json["details"]["violations"]]),
              (400, ["validFrom"]), (time, reply))
    equal(rows_of(m, RULES), before, "nothing changed")


def a_blank_address(m):
    for blank in (" ", "\t\n", "\u00a0\u3000"):
        for field in ("street", "city", "zipCode", "country"):
            refused(m, 400, "INVALID_REQUEST", f"shippingAddress.{field}",
                    changed(["shippingAddress", field], blank))


def an_unknown_shipping_method(m):
    refused(m, 400, "INVALID_REQUEST", "shippingMethod", changed(["shippingMethod"], "teleport"))


def a_text_that_is_too_long(m):
    refused(m, 400, "INVALID_REQUEST", "notes", changed(["notes"], "x" * 1001))


def no_token(m):
    refused(m, 401, "UNAUTHENTICATED", body=SAMPLE_ORDER, token="")


def an_expired_token(m):
    refused(m, 401, "UNAUTHENTICATED", body=SAMPLE_ORDER,
            token=m.issue("CUST-12345", "customer", "--lifetime-s", "-3600"))


def a_forged_token(m):
    head, body, signature = m.token().split(".")
    refused(m, 401, "UNAUTHENTICATED", body=SAMPLE_ORDER, token=f"{head}.{body}.{signature[:-4]}AAAA")


def a_token_with_another_payload(m):
    _, body, _ = m.issue("CUST-99999", "admin").split(".")
    head, _, signature = m.token().split(".")
    refused(m, 401, "UNAUTHENTICATED", body=SAMPLE_ORDER, token=f"{head}.{body}.{signature}")


def a_sellers_token(m):
    refused(m, 403, "PERMISSION_DENIED", body=SAMPLE_ORDER, token=m.token("SELLER-1", "seller"))


def malformed_json(m):
    refused(m, 400, "MALFORMED_JSON", body=json.dumps(SAMPLE_ORDER)[:-2])


def a_duplicate_key(m):
    reply = refused(m, 400, "MALFORMED_JSON",
                    body=json.dumps(SAMPLE_ORDER).replace('"notes"', '"customerId": "CUST-1", "notes"'))
    assert "customerId" in reply.json["message"], reply


def an_unknown_field(m):
    order = copy.deepcopy(SAMPLE_ORDER)
    order["items"][0]["colour"] = "red"
    refused(m, 400, "INVALID_REQUEST", "items[0].colour", order)


def a_price_of_the_clients_own(m):
    order = copy.deepcopy(SAMPLE_ORDER)
    order["items"][0]["unitPrice"] = 0.01
    refused(m, 400, "INVALID_REQUEST", "items[0].unitPrice", order)


def bad_utf_8(m):
    refused(m, 400, "MALFORMED_JSON",
            body=json.dumps(SAMPLE_ORDER).encode().replace(b"Main St", b"Main \xff\xfe"))


def a_nul_in_a_text(m):
    refused(m, 400, "MALFORMED_JSON", body=json.dumps(SAMPLE_ORDER).replace("Main St", "Main\\u0000St"))


def a_form_feed_between_members(m):
    refused(m, 400, "MALFORMED_JSON", body=json.dumps(SAMPLE_ORDER).replace(", ", ",\f", 1))


def a_nesting_bomb(m):
    refused(m, 400, "MALFORMED_JSON", body='{"items":' + "[" * 20000 + "]" * 20000 + "}")


def a_body_of_1_mb(m):
    refused(m, 413, "BODY_TOO_LARGE", body=json.dumps(changed(["notes"], "x" * 1_000_000)))


def an_empty_body(m):
    refused(m, 400, "MALFORMED_JSON", body="")


def another_content_type(m):
    refused(m, 415, "UNSUPPORTED_MEDIA_TYPE", body="<order/>", headers={"Content-Type": "application/xml"})


def a_bad_idempotency_key(m):
    refused(m, 400, "INVALID_REQUEST", "Idempotency-Key", SAMPLE_ORDER, headers={"Idempotency-Key": "short"})


def two_content_lengths(m):
    before = rows_of(m, COUNTS)
    connection = http.client.HTTPConnection("127.0.0.1", m.http_port, timeout=10)
    connection.putrequest("POST", "/api/v1/orders")
    connection.putheader("Authorization", f"Bearer {m.token()}")
    connection.putheader("Content-Length", "4")
    connection.putheader("Content-Length", "40")
    connection.endheaders(b"{}{}")
    equal(connection.getresponse().status, 400)
    equal(rows_of(m, COUNTS), before)


def an_unknown_path(m):
    equal(m.request("GET", "/api/v1/nothing").status, 404)


def a_wrong_verb(m):
    reply = m.request("DELETE", "/api/v1/orders")
    equal((reply.status, reply.json["error"]), (405, "METHOD_NOT_ALLOWED"))
    equal(set(reply.headers["allow"].replace(" ", "").split(",")) >= {"GET", "POST"}, True, reply.headers)


def an_unknown_query_parameter(m):
    reply = m.request("GET", "/api/v1/orders?colour=red")
    equal((reply.status, reply.json["error"]), (400, "INVALID_REQUEST"))


def a_broken_cursor(m):
    reply = m.request("GET", "/api/v1/orders?cursor=%2E%2E")
    equal((reply.status, reply.json["details"]["violations"][0]["field"]), (400, "cursor"))


def a_page_of_101(m):
    reply = m.request("GET", "/api/v1/orders?pageSize=101")
    equal((reply.status, reply.json["details"]["violations"][0]["field"]), (400, "pageSize"))


def a_search_full_of_signs(m):
    for q in ("-" * 33, "- " * 33, "-\u00a0" * 33, "-\u3000" * 33, '-"' * 33, "!(" * 33, "-a " * 66,
              "or " * 66, "\\'" * 66):
        reply = m.request("GET", "/api/v1/catalog/products?q=" + urllib.parse.quote(q))
        equal((reply.status, "products" in reply.json), (200, True), q)


def a_product_without_a_price(m):
    path = "/api/v1/catalog/products"
    content = {"name": "Mug", "categoryId": "CAT-KITCHEN", "currency": "USD", "active": True}
    wanted = {"sku": "SKU-NO-PRICE", "sellerId": "SELLER-1", "content": content}
    priced = m.request("GET", f"{path}/PROD-67890").json
    for reply in (m.admin("POST", path, wanted),
                  m.admin("PUT", f"{path}/PROD-67890", {"version": priced["version"], "content": content})):
        equal((reply.status, reply.json["error"]), (400, "INVALID_REQUEST"), reply)
        equal([violation["field"] for violation in reply.json["details"]["violations"]],
              ["content.basePriceMinor"])
    equal(m.request("GET", f"{path}/PROD-67890").json["basePrice"], priced["basePrice"])
    free = m.admin("POST", path, {**wanted, "content": {**content, "basePriceMinor": 0}})
    equal((free.status, free.json.get("basePrice")), (201, 0), free)


def a_customer_adjusting_stock(m):
    before = rows_of(m, COUNTS)
    body = {"sku": "SKU-ABC-001", "warehouseId": "US-WEST-01", "quantity": 5, "reason": "mine"}
    equal(m.request("POST", "/api/v1/inventory/adjust", body).status, 403)
    equal(rows_of(m, COUNTS), before)


def a_customer_calling_what_services_call(m):
    before = rows_of(m, COUNTS)
    item = {"sku": "SKU-ABC-001", "warehouseId": "US-WEST-01", "quantity": 1}
    equal(m.request("POST", "/api/v1/inventory/reserve", {"orderId": "ORD-MINE", "items": [item]}).status,
          403)
    equal(m.request("POST", "/api/v1/payments/refund", {"paymentId": "PAY-MINE"}).status, 403)
    equal(rows_of(m, COUNTS), before)


def an_adjustment_below_what_is_there(m):
    before = rows_of(m, COUNTS)
    reply = m.admin("POST", "/api/v1/inventory/adjust",
                    {"sku": "SKU-ABC-001", "warehouseId": "US-WEST-01", "quantity": -1_000_000,
                     "reason": "gone"})
    equal((reply.status, reply.json["error"]), (400, "STOCK_BELOW_RESERVED"))
    equal(rows_of(m, COUNTS), before)


def a_quote_in_no_currency(m):
    reply = m.admin("POST", "/api/v1/pricing/quotes",
                    {"cart": {"lines": [{"sku": "SKU-ABC-001", "quantity": 1}], "currency": "XXX"}})
    equal((reply.status, [violation["field"] for violation in reply.json["details"]["violations"]]),
          (400, ["cart.currency"]))


def refused_field(m, field, *call, **arguments):
    """A call of customer: its answer names that field alone, and nobody's account or profile is changed."""
    before = rows_of(m, COUNTS)
    reply = m.request(*call, **arguments)
    equal((reply.status, reply.json["error"], [v["field"] for v in reply.json["details"]["violations"]]),
          (400, "INVALID_REQUEST", [field]), reply)
    equal(rows_of(m, COUNTS), before, "nothing changed")


def a_registration_that_is_none(m):
    wanted = {"email": "new@example.com", "password": "eight or more", "name": "New Customer"}
    for field, value in (("email", ""), ("email", "nobody"), ("email", "a@b@example.com"),
                         ("email", f"{'a' * 65}@example.com"), ("email", f"a@{'b.' * 125}com"),
                         ("email", "a,b@example.com"), ("email", "<a@example.com>"),
                         ("password", ""), ("password", "1234567"), ("password", "x" * 129),
                         ("name", " "), ("name", "x" * 201), ("name", "4242 4242 4242 4242"),
                         ("phone", "5" * 41)):
        refused_field(m, field, "POST", "/api/v1/auth/register", {**wanted, field: value}, token="")
    for field, value in (("email", "nobody"), ("password", "x" * 129)):
        refused_field(m, field, "POST", "/api/v1/auth/login",
                      {"email": "new@example.com", "password": "wrong", field: value}, token="")


def an_address_of_a_customer_that_is_none(m):
    address = {"type": "shipping", "street": "1 Main St", "city": "Oakland", "zipCode": "94601",
               "country": "US"}
    for field, value in (("type", "home"), ("street", ""), ("street", "x" * 201), ("city", " "),
                         ("addressLine1", "2 Main St"), ("zipCode", ""), ("postalCode", "10001"),
                         ("country", "us"), ("country", "USA"), ("contactName", "4242 4242 4242 4242")):
        told = {"addressLine1": "street", "postalCode": "zipCode"}.get(field, field)
        refused_field(m, f"address.{told}", "POST", "/api/v1/customers/CUST-12345/addresses",
                      {"address": {**address, field: value}})
    refused_field(m, "version", "POST", "/api/v1/customers/CUST-12345/addresses",
                  {"version": -1, "address": address})


def a_payment_method_that_is_none(m):
    card = {"type": "credit_card", "token": "pm_1234567890", "brand": "visa", "last4": "4242"}
    for field, value in (("type", "cash"), ("token", ""), ("token", "4242424242424242"), ("brand", ""),
                         ("last4", ""), ("last4", "42x2"), ("last4", "42424")):
        refused_field(m, field, "POST", "/api/v1/customers/CUST-12345/payment-methods",
                      {**card, field: value})
    refused_field(m, "last4", "POST", "/api/v1/customers/CUST-12345/payment-methods",
                  {**card, "type": "wallet"})


def a_standing_that_is_none(m):
    standing = {"status": "active", "tier": "gold", "tierUntil": "2099-12-31T00:00:00Z",
                "creditLimit": {"amountMinor": 1, "currency": "USD"}}
    for field, value in (("status", "asleep"), ("tier", "diamond"), ("tierUntil", None),
                         ("tierUntil", "2001-01-01T00:00:00Z"), ("segments[1]", ["vip", "two words"]),
                         ("segments", ["s"] * 21), ("segments[0]", ["x" * 41]),
                         ("creditLimit.amountMinor", {"amountMinor": -1, "currency": "USD"}),
                         ("creditLimit.currency", {"amountMinor": 1, "currency": "EUR"})):
        part = field.partition("[")[0].partition(".")[0]
        refused_field(m, field, "PUT", "/api/v1/customers/CUST-12345/standing", {**standing, part: value},
                      token=m.token("USER-ADMIN", "admin"))


# The last one changes what it may.
TESTS = [*tests_in(sys.modules[__name__]), *bad_reviews.TESTS, *every_field.TESTS]

if __name__ == "__main__":
    mode = sys.argv[1]
    main(TESTS, Millrace(f"bad-input-{mode}", mode))
