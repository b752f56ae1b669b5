"""Every RPC of the shipping service, called."""

import uuid

from grpc_calls import call, refuses
from millrace import WAREHOUSE, equal, new_key, order_of, wait_until

SERVICE = "shipping.v1.ShippingService"
CREATED, SHIPPED, DELIVERED, CANCELLED = 1, 2, 3, 4
RATE, ENDING = 3, 5
# The parcel of the sample order of document 000, as the catalog measures its products.
PARCEL = {"seller_id": "SELLER-1", "warehouse_id": WAREHOUSE, "lines": [
    {"sku": "SKU-ABC-001", "quantity": 2, "weight_grams": 250, "length_mm": 190, "width_mm": 170,
     "height_mm": 80},
    {"sku": "SKU-DEF-002", "quantity": 1, "weight_grams": 540, "length_mm": 210, "width_mm": 80,
     "height_mm": 80}]}
CALIFORNIA = {"country": "US", "state": "CA"}
# One line of SELLER-1 and one of SELLER-2: two shipments.
LINES = [("SKU-ABC-001", "PROD-67890", 1), ("SKU-HOM-401", "PROD-20020", 2)]


def quote(m, parcel=PARCEL, role="service", **changes):
    return call(m, role, f"{SERVICE}/Quote", parcels=[parcel], **{"destination": CALIFORNIA, **changes})


def tracking(m, order_id):
    return call(m, "service", f"{SERVICE}/TrackOrder", order_id=order_id)


def placed(m):
    """The shipments of a new order, of SELLER-1 and of SELLER-2, once they are made."""
    reply = m.place(order_of(*LINES))
    equal(reply.status, 201, reply)
    order_id = reply.json["orderId"]

    def found():
        answer = call(m, "admin", f"{SERVICE}/ListShipments", order_id=order_id)
        return sorted(answer.shipments, key=lambda shipment: shipment.seller_id)
    return wait_until(found, "the shipments are made")


def get(m, shipment, role="admin"):
    return call(m, role, f"{SERVICE}/GetShipment", shipment_id=shipment.shipment_id)


def ship(m, shipment, role="admin", number="1Z999"):
    return call(m, role, f"{SERVICE}/MarkShipped", shipment_id=shipment.shipment_id, carrier="UPS",
                tracking_number=number).shipment


def zone_of(m):
    """A new zone with an address of its own, where standard takes a day; without a rate."""
    zone = f"Z-{uuid.uuid4().hex[:16]}"
    call(m, "admin", f"{SERVICE}/SetShippingZone", country="US", state=zone, zone=zone)
    call(m, "admin", f"{SERVICE}/SetTransitTime", zone=zone, method="standard", days=1)
    return zone, {"country": "US", "state": zone}


def set_rate(m, zone, minor, key=None, **more):
    return call(m, "admin", f"{SERVICE}/SetShippingRate", key, zone=zone, method="standard", currency="USD",
                amount_minor=minor, **more).rule_id


def shipping_v1_ShippingService_Quote(m):
    path = f"{SERVICE}/Quote"
    answer = quote(m, currency="USD", tier="gold")
    equal([(option.method, option.total.minor, option.total.currency, option.taxable)
           for option in answer.options],
          [("standard", 1599, "USD", True), ("express", 2999, "USD", True), ("overnight", 4999, "USD", True)])
    parcel = answer.options[0].parcels[0]
    equal((parcel.seller_id, parcel.warehouse_id, parcel.price.minor, parcel.billable_grams),
          ("SELLER-1", WAREHOUSE, 1599, 1303))
    assert all((parcel.zone_rule_id, parcel.warehouse_rule_id, parcel.rate_rule_id, parcel.transit_rule_id))
    assert answer.options[0].estimated_delivery > answer.options[2].estimated_delivery > "2024", answer
    again = quote(m, rates_version=answer.rates_version, tier="gold",
                  as_of={"seconds": answer.as_of.seconds, "nanos": answer.as_of.nanos})
    equal(again, answer, "the same again")
    equal(quote(m, role="admin", tier="platinum").options[0].total.minor, 0)
    refuses("FAILED_PRECONDITION", "DESTINATION_NOT_SERVED", m, "service", path, parcels=[PARCEL],
            destination={"country": "FR"})
    refuses("FAILED_PRECONDITION", "NO_SHIPPING_METHOD", m, "service", path, parcels=[PARCEL],
            destination=CALIFORNIA, currency="EUR")
    for changes in ({"parcels": []}, {"currency": "XXX"}, {"parcels": [PARCEL, PARCEL]},
                    {"destination": {"country": "us"}}, {"rates_version": 2**62}):
        refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "service", path,
                **{"parcels": [PARCEL], "destination": CALIFORNIA, **changes})
    shown = m.admin("POST", "/api/v1/shipping/calculate", {
        "parcels": [{"sellerId": "SELLER-1", "warehouseId": WAREHOUSE,
                     "lines": [{"sku": "SKU-ABC-001", "quantity": 1, "weightGrams": 250}]}],
        "destination": {"country": "DE"}, "currency": "EUR"})
    equal((shown.status, [(option["method"], option["total"]) for option in shown.json["options"]]),
          (200, [("standard", 6.9), ("express", 14.9)]))


def shipping_v1_ShippingService_GetShipment(m):
    shipment = placed(m)[0]
    for role in ("seller", "admin", "service"):
        equal(get(m, shipment, role).shipment.shipment_id, shipment.shipment_id, role)
    shown = get(m, shipment)
    equal(([(item.sku, item.quantity) for item in shown.shipment.items], shown.shipment.status,
           shown.shipment.method, shown.shipment.address.city),
          ([("SKU-ABC-001", 1)], CREATED, "standard", "San Francisco"))
    equal([(change.version, change.status, change.actor) for change in shown.history],
          [(1, CREATED, "shipping-service")])
    other = placed(m)[1]
    refuses("NOT_FOUND", "SHIPMENT_NOT_FOUND", m, "seller", f"{SERVICE}/GetShipment",
            shipment_id=other.shipment_id)
    shown = m.admin("GET", f"/api/v1/shipments/{other.shipment_id}")
    equal((shown.json["shipment"]["status"], shown.json["shipment"]["trackingNumber"]), ("CREATED", None))


def shipping_v1_ShippingService_ListShipments(m):
    path, (first, second) = f"{SERVICE}/ListShipments", placed(m)
    mine = call(m, "seller", path, order_id=first.order_id)
    equal([shipment.shipment_id for shipment in mine.shipments], [first.shipment_id], "of SELLER-1 alone")
    page = call(m, "admin", path, order_id=first.order_id, page_size=1)
    rest = call(m, "admin", path, order_id=first.order_id, page_size=1, cursor=page.next_cursor)
    equal({shipment.shipment_id for shipment in [*page.shipments, *rest.shipments]},
          {first.shipment_id, second.shipment_id})
    equal(rest.next_cursor, "")
    equal(len(call(m, "service", path, order_id=first.order_id, status=SHIPPED).shipments), 0)
    refuses("PERMISSION_DENIED", "FOREIGN_SHIPMENTS", m, "seller", path, seller_id="SELLER-2")
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "admin", path, cursor="nonsense")


def shipping_v1_ShippingService_MarkShipped(m):
    path, (first, second) = f"{SERVICE}/MarkShipped", placed(m)
    shipment = ship(m, first, role="seller")
    equal((shipment.status, shipment.carrier, shipment.tracking_number, shipment.version),
          (SHIPPED, "UPS", "1Z999", 2))
    equal(ship(m, first), shipment, "the same again")
    mark = {"shipment_id": first.shipment_id, "carrier": "UPS", "tracking_number": "1Z998"}
    refuses("FAILED_PRECONDITION", "TRACKING_MISMATCH", m, "admin", path, **mark)
    refuses("NOT_FOUND", "SHIPMENT_NOT_FOUND", m, "seller", path,
            **{**mark, "shipment_id": second.shipment_id})
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "admin", path, **{**mark, "tracking_number": ""})
    told = m.admin("POST", f"/api/v1/shipments/{second.shipment_id}/ship",
                   {"carrier": "DHL", "trackingNumber": "JD014600"})
    equal((told.status, told.json["status"], told.json["trackingNumber"]), (200, "SHIPPED", "JD014600"))
    equal([(change.status, change.actor) for change in get(m, first).history],
          [(CREATED, "shipping-service"), (SHIPPED, "SELLER-1")])


def shipping_v1_ShippingService_MarkDelivered(m):
    path, shipment = f"{SERVICE}/MarkDelivered", placed(m)[0]
    refuses("FAILED_PRECONDITION", "SHIPMENT_NOT_SHIPPED", m, "admin", path, shipment_id=shipment.shipment_id)
    ship(m, shipment)
    delivered = call(m, "seller", path, shipment_id=shipment.shipment_id).shipment
    equal((delivered.status, delivered.version), (DELIVERED, 3))
    assert delivered.delivered_at.seconds >= delivered.shipped_at.seconds > 0, delivered
    equal(call(m, "admin", path, shipment_id=shipment.shipment_id).shipment, delivered, "the same again")
    refuses("NOT_FOUND", "SHIPMENT_NOT_FOUND", m, "admin", path, shipment_id="SHP-NONE")
    told = m.admin("POST", f"/api/v1/shipments/{shipment.shipment_id}/deliver", {})
    equal((told.status, told.json["status"]), (200, "DELIVERED"))


def shipping_v1_ShippingService_TrackOrder(m):
    first, second = placed(m)
    ship(m, first)
    answer = tracking(m, first.order_id)
    equal((answer.status, [shipment.status for shipment in answer.shipments]), (CREATED, [SHIPPED, CREATED]))
    ship(m, second)
    answer = tracking(m, first.order_id)
    equal((answer.status, [len(shipment.items) for shipment in answer.shipments]), (SHIPPED, [1, 1]))
    assert answer.estimated_delivery, answer
    refuses("NOT_FOUND", "NOTHING_TO_TRACK", m, "service", f"{SERVICE}/TrackOrder", order_id="ORD-NONE")


def shipping_v1_ShippingService_CancelShipments(m):
    path, (first, second) = f"{SERVICE}/CancelShipments", placed(m)
    for _ in range(2):
        equal(call(m, "service", path, order_id=first.order_id, reason="changed my mind").n_cancelled, 2)
    equal(tracking(m, first.order_id).status, CANCELLED)
    refuses("FAILED_PRECONDITION", "SHIPMENT_CANCELLED", m, "admin", f"{SERVICE}/MarkShipped",
            shipment_id=second.shipment_id, carrier="UPS", tracking_number="1Z999")
    equal(call(m, "service", path, order_id=f"ORD-{new_key()}").n_cancelled, 0, "before they are made")
    sent = placed(m)[0]
    ship(m, sent)
    refuses("FAILED_PRECONDITION", "ALREADY_SHIPPED", m, "service", path, order_id=sent.order_id)


def shipping_v1_ShippingService_SetShippingZone(m):
    path, zone = f"{SERVICE}/SetShippingZone", f"Z-{uuid.uuid4().hex[:16]}"
    before = quote(m, destination={"country": "US", "state": zone}).options[0].parcels[0].zone_rule_id
    rule_id = call(m, "admin", path, country="US", state=zone, zone="US").rule_id
    assert rule_id > before
    equal(quote(m, destination={"country": "US", "state": zone}).options[0].parcels[0].zone_rule_id, rule_id)
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "admin", path, country="us", zone="US")


def shipping_v1_ShippingService_SetWarehouseZone(m):
    path, warehouse = f"{SERVICE}/SetWarehouseZone", f"STORE-{uuid.uuid4().hex[:16]}"
    parcel = {**PARCEL, "warehouse_id": warehouse}
    equal(quote(m, parcel).options[0].parcels[0].warehouse_rule_id, 0, "it belongs to no zone")
    rule_id = call(m, "admin", path, warehouse_id=warehouse, zone="US").rule_id
    equal(quote(m, parcel).options[0].parcels[0].warehouse_rule_id, rule_id)
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "admin", path, warehouse_id=warehouse, zone="")


def shipping_v1_ShippingService_SetShippingRate(m):
    path, (zone, address), key = f"{SERVICE}/SetShippingRate", zone_of(m), new_key()
    first = set_rate(m, zone, 500, key)
    equal(set_rate(m, zone, 500, key), first, "once per key")
    equal(quote(m, destination=address).options[0].total.minor, 500)
    set_rate(m, zone, 700, above_grams=1000, step_grams=100, step_minor=10, untaxed=True)
    option = quote(m, destination=address).options[0]
    equal((option.total.minor, option.taxable), (740, False))
    wrong = {"zone": zone, "method": "standard", "currency": "USD"}
    for more in ({"currency": "XXX"}, {"method": "pigeon"}, {"amount_minor": -1}, {"step_grams": 1},
                 {"valid_to": {"seconds": 0}}):
        refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "admin", path, **{**wrong, **more})
    equal(quote(m, destination=address).options[0].total.minor, 740, "nothing of it was kept")


def shipping_v1_ShippingService_SetTransitTime(m):
    path, (zone, address) = f"{SERVICE}/SetTransitTime", zone_of(m)
    set_rate(m, zone, 500)
    before = quote(m, destination=address).options[0].estimated_delivery
    call(m, "admin", path, zone=zone, method="standard", days=20)
    after = quote(m, destination=address).options[0].estimated_delivery
    assert after > before, (before, after)
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "admin", path, zone=zone, method="standard", days=91)


def shipping_v1_ShippingService_EndShippingRule(m):
    path, (zone, address) = f"{SERVICE}/EndShippingRule", zone_of(m)
    set_rate(m, zone, 500)
    second = set_rate(m, zone, 600)
    equal(quote(m, destination=address).options[0].total.minor, 600)
    assert call(m, "admin", path, rule_id=second).rule_id > second
    equal(quote(m, destination=address).options[0].total.minor, 500, "the one before counts again")
    refuses("FAILED_PRECONDITION", "SHIPPING_RULE_ENDED", m, "admin", path, rule_id=second)
    refuses("NOT_FOUND", "SHIPPING_RULE_NOT_FOUND", m, "admin", path, rule_id=2**62)


def shipping_v1_ShippingService_ListShippingRules(m):
    path, (zone, _) = f"{SERVICE}/ListShippingRules", zone_of(m)
    rule_id = set_rate(m, zone, 500)
    ended = call(m, "admin", f"{SERVICE}/EndShippingRule", rule_id=rule_id).rule_id
    page = call(m, "admin", path, zone=zone, page_size=2)
    equal([(rule.rule_id, rule.kind) for rule in page.rules], [(ended, ENDING), (rule_id, RATE)])
    equal((page.rules[0].ends_rule_id, page.rules[1].amount.minor, page.rules[1].created_by),
          (rule_id, 500, "USER-ADMIN"))
    equal(len(call(m, "admin", path, zone=zone, page_size=2, cursor=page.next_cursor).rules), 2)
    equal([rule.rule_id for rule in call(m, "admin", path, zone=zone, kind=RATE).rules], [rule_id])
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "admin", path, cursor="nonsense")
