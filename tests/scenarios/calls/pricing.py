"""Every RPC of the pricing service, called."""

import uuid

from grpc_calls import SUBJECTS, call, refuses
from millrace import equal, new_key

SERVICE = "pricing.v1.PricingService"
SKU, PRODUCT, STORE = "SKU-ABC-001", "PROD-67890", "US-WEST-01"
CALIFORNIA = {"country": "US", "state": "CA"}
BASE_PRICE, ENDING = 1, 8
USED, REPLACED = 1, 3


def line(sku=SKU, quantity=2, **more):
    return {"sku": sku, "quantity": quantity, "warehouse_id": STORE, **more}


def price(m, *lines, role="service", **cart):
    return call(m, role, f"{SERVICE}/CalculatePrices", lines=list(lines), **cart)


def new_sku():
    """A SKU of a product, that nobody else prices."""
    name = uuid.uuid4().hex
    return {"sku": f"SKU-{name}", "product_id": f"PROD-{name}"}


def set_price(m, minor, sku, key=None):
    return call(m, "admin", f"{SERVICE}/SetBasePrice", key, **sku, currency="USD", amount_minor=minor).rule_id


def pricing_v1_PricingService_CalculatePrices(m):
    path = f"{SERVICE}/CalculatePrices"
    priced = price(m, line(), line("SKU-DEF-002", 1), tier="gold", tax_place=CALIFORNIA)
    equal([(one.unit_price.minor, one.total_price.minor, one.tax_ppm, one.taxes_shipping)
           for one in priced.lines], [(24999, 49998, 82030, False), (15000, 15000, 82030, False)])
    equal((priced.subtotal.minor, priced.subtotal.currency, len(priced.bulk_discounts)), (64998, "USD", 0))
    assert priced.rules_version > 0 and priced.as_of.seconds > 0, priced
    priced = price(m, line(), role="admin", currency="VND")
    equal((priced.subtotal.minor, [step.kind for step in priced.lines[0].steps]),
          (2 * 6249750, ["base_price", "conversion"]))
    catalog = line("SKU-NONE", 1, base_price={"minor": 500, "currency": "USD"}, tax_class="books")
    priced = price(m, catalog, tax_place={"country": "DE"})
    equal((priced.subtotal.minor, priced.lines[0].steps[0].kind, priced.lines[0].tax_ppm),
          (500, "catalog_price", 70000))
    refuses("FAILED_PRECONDITION", "PRICE_UNAVAILABLE", m, "service", path, lines=[line("SKU-NONE")])
    refuses("FAILED_PRECONDITION", "TAX_UNKNOWN", m, "service", path, lines=[line()],
            tax_place={"country": "US", "state": "NV"})
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "service", path, lines=[line()], currency="XXX")


def pricing_v1_PricingService_ExplainPrices(m):
    path, sku = f"{SERVICE}/ExplainPrices", new_sku()
    first, second = set_price(m, 100, sku), set_price(m, 120, sku)
    cart = {"lines": [line(sku["sku"], 1)]}
    now = call(m, "admin", path, cart=cart)
    equal((now.prices.subtotal.minor, now.currency), (120, "USD"))
    equal([(tried.rule.rule_id, tried.place, tried.verdict) for tried in now.tried
           if tried.rule.kind == BASE_PRICE], [(second, "lines[0]", USED)])
    then = call(m, "service", path, cart=cart, rules_version=first)
    equal((then.prices.subtotal.minor, then.prices.rules_version), (100, first))
    again = call(m, "admin", path, cart=cart, rules_version=now.prices.rules_version,
                 as_of={"seconds": now.prices.as_of.seconds, "nanos": now.prices.as_of.nanos})
    equal(again, now)
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "admin", path, cart=cart, rules_version=2**62)
    shown = m.admin("POST", "/api/v1/pricing/quotes",
                    {"cart": {"lines": [{"sku": sku["sku"], "quantity": 1}]}})
    equal((shown.status, shown.json["prices"]["subtotal"], shown.json["currency"]), (200, 1.2, "USD"))
    unpriced = {"sku": "SKU-NONE", "quantity": 2, "basePrice": {"minor": 500, "currency": "USD"}}
    shown = m.admin("POST", "/api/v1/pricing/quotes", {"cart": {"lines": [unpriced]}})
    equal((shown.status, shown.json["prices"]["subtotal"],
           shown.json["prices"]["lines"][0]["steps"][0]["kind"]), (200, 10, "catalog_price"))
    told = m.admin("POST", "/api/v1/pricing/quotes", {"cart": {"lines": [{**unpriced, "basePrice": 5}]}})
    equal((told.status, [v["field"] for v in told.json["details"]["violations"]]),
          (400, ["cart.lines[0].basePrice"]))


def pricing_v1_PricingService_GetPrice(m):
    path = f"{SERVICE}/GetPrice"
    for role in SUBJECTS:
        shown = call(m, role, path, sku=SKU)
        equal((shown.price.minor, shown.currency), (24999, "USD"), role)
    equal(call(m, "customer", path, sku=SKU, currency="EUR").price.minor, 22999)
    refuses("FAILED_PRECONDITION", "PRICE_UNAVAILABLE", m, "customer", path, sku="SKU-NONE")
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "customer", path, sku=SKU, currency="XXX")
    equal(m.request("GET", f"/api/v1/pricing/prices/{SKU}?currency=VND").json["price"], 6249750)


def pricing_v1_PricingService_SetBasePrice(m):
    path, sku, key = f"{SERVICE}/SetBasePrice", new_sku(), new_key()
    first = set_price(m, 100, sku, key)
    equal(set_price(m, 100, sku, key), first, "once per key")
    equal(price(m, line(sku["sku"])).subtotal.minor, 200)
    wrong = {**sku, "currency": "USD", "amount_minor": 1}
    refuses("FAILED_PRECONDITION", "PRICE_PRODUCT_MISMATCH", m, "admin", path,
            **{**wrong, "product_id": "PROD-OTHER"})
    for more in ({"currency": "XXX"}, {"amount_minor": -1}, {"valid_to": {"seconds": 0}}):
        refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "admin", path, **{**wrong, **more})
    told = m.admin("POST", "/api/v1/pricing/base-prices", {"sku": sku["sku"], "productId": sku["product_id"],
                                                           "currency": "USD"})
    equal((told.status, [v["field"] for v in told.json["details"]["violations"]]), (400, ["amountMinor"]))
    equal(price(m, line(sku["sku"])).subtotal.minor, 200, "nothing of it was kept")


def pricing_v1_PricingService_SetCurrencyRate(m):
    path = f"{SERVICE}/SetCurrencyRate"
    rate = {"from_currency": "USD", "to_currency": "JPY", "rate_ppb": 150 * 10**9, "source": "test",
            "rate_as_of": {"seconds": 1}}
    call(m, "admin", path, **rate)
    equal(price(m, line(quantity=1), currency="JPY").subtotal.minor, 37499)
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "admin", path, **{**rate, "to_currency": "USD"})


def pricing_v1_PricingService_SetWarehouseMarkup(m):
    path, warehouse = f"{SERVICE}/SetWarehouseMarkup", f"STORE-{uuid.uuid4().hex}"
    call(m, "admin", path, warehouse_id=warehouse, bp=1000)
    equal(price(m, line("SKU-DEF-002", 1, warehouse_id=warehouse)).subtotal.minor, 16500)
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "admin", path, warehouse_id=warehouse, bp=-1)


def pricing_v1_PricingService_SetQuantityBreak(m):
    path, sku = f"{SERVICE}/SetQuantityBreak", new_sku()
    set_price(m, 100, sku)
    call(m, "admin", path, **sku, min_quantity=10, bp=1000)
    equal([price(m, line(sku["sku"], n)).subtotal.minor for n in (9, 10)], [900, 900])
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "admin", path, **sku, min_quantity=1, bp=1000)
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "admin", path, **sku, min_quantity=2)
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "admin", path, **sku, min_quantity=2, currency="USD")


def pricing_v1_PricingService_SetPriceListEntry(m):
    path, sku = f"{SERVICE}/SetPriceListEntry", new_sku()
    set_price(m, 100, sku)
    call(m, "admin", path, **sku, tier="gold", amount_minor=90, currency="USD")
    call(m, "admin", path, **sku, segment="vip", bp=2000)
    equal([price(m, line(sku["sku"], 1), **who).subtotal.minor
           for who in ({}, {"tier": "gold"}, {"tier": "gold", "segments": ["vip"]})], [100, 90, 80])
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "admin", path, **sku, bp=2000)


def pricing_v1_PricingService_SetBulkDiscount(m):
    path, sku, name = f"{SERVICE}/SetBulkDiscount", new_sku(), uuid.uuid4().hex
    set_price(m, 100, sku)
    rule = call(m, "admin", path, name=name, min_quantity=9000, bp=1000).rule_id
    off = price(m, line(sku["sku"], 9000)).bulk_discounts[0]
    equal((off.rule_id, off.name, off.amount.minor), (rule, name, 90000))
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "admin", path, name=name, bp=1000)
    call(m, "admin", f"{SERVICE}/EndRule", rule_id=rule)


def pricing_v1_PricingService_SetTaxRate(m):
    path, state = f"{SERVICE}/SetTaxRate", uuid.uuid4().hex
    call(m, "admin", path, country="US", state=state, tax_ppm=12345, taxes_shipping=True)
    taxed = price(m, line(), tax_place={"country": "US", "state": state}).lines[0]
    equal((taxed.tax_ppm, taxed.taxes_shipping, taxed.tax_class), (12345, True, "standard"))
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "admin", path, country="us", tax_ppm=1)
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "admin", path, country="US", state=state)


def pricing_v1_PricingService_EndRule(m):
    path, sku = f"{SERVICE}/EndRule", new_sku()
    set_price(m, 100, sku)
    rule, key = set_price(m, 120, sku), new_key()
    ending = call(m, "admin", path, key, rule_id=rule).rule_id
    equal(call(m, "admin", path, key, rule_id=rule).rule_id, ending, "once per key")
    equal(price(m, line(sku["sku"], 1)).subtotal.minor, 100)
    refuses("FAILED_PRECONDITION", "PRICE_RULE_ENDED", m, "admin", path, rule_id=rule)
    refuses("NOT_FOUND", "PRICE_RULE_NOT_FOUND", m, "admin", path, rule_id=ending)
    equal(m.admin("POST", f"/api/v1/pricing/rules/{rule}/end", {}).json["error"], "PRICE_RULE_ENDED")


def pricing_v1_PricingService_ListRules(m):
    path, sku = f"{SERVICE}/ListRules", new_sku()
    ids = [set_price(m, minor, sku) for minor in (100, 110, 120)]
    ids.append(call(m, "admin", f"{SERVICE}/EndRule", rule_id=ids[0]).rule_id)
    page = call(m, "admin", path, sku=sku["sku"], page_size=3)
    equal([rule.rule_id for rule in page.rules], ids[:0:-1])
    equal((page.rules[0].kind, page.rules[0].ends_rule_id, page.rules[0].created_by),
          (ENDING, ids[0], "USER-ADMIN"))
    page = call(m, "admin", path, sku=sku["sku"], page_size=3, cursor=page.next_cursor)
    equal(([rule.rule_id for rule in page.rules], page.next_cursor), (ids[:1], ""))
    equal(page.rules[0].amount.minor, 100)
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "admin", path, cursor="nonsense")
