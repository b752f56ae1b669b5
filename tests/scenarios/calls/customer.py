"""Every RPC of the customer service, called."""

import base64
import json

from grpc_calls import call, refuses
from millrace import equal, new_key

SERVICE = "customer.v1.CustomerService"
PASSWORD = "correct horse"


def register(m):
    email = f"{new_key()}@example.com"
    return call(m, None, f"{SERVICE}/RegisterCustomer", email=email, password=PASSWORD, name="Alex Customer",
                phone="+1 555 0100").customer


def login(m, email):
    return call(m, None, f"{SERVICE}/Login", email=email, password=PASSWORD).tokens


def read(part):
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def customer_v1_CustomerService_RegisterCustomer(m):
    path, made = f"{SERVICE}/RegisterCustomer", register(m)
    assert made.customer_id.startswith("CUST-"), made
    equal((made.name, made.phone, made.active), ("Alex Customer", "+1 555 0100", True))
    again = {"email": made.email.upper(), "name": "Alex Customer"}
    equal(call(m, None, path, password=PASSWORD, **again).customer, made, "its answer was lost")
    refuses("ALREADY_EXISTS", "EMAIL_TAKEN", m, None, path, password="another one", **again)
    for wrong in ({"email": "nobody"}, {"password": "1234567"}, {"name": " "}):
        refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, None, path,
                **{"email": f"{new_key()}@example.com", "password": PASSWORD, "name": "Alex", **wrong})


def customer_v1_CustomerService_Login(m):
    path, made = f"{SERVICE}/Login", register(m)
    tokens = login(m, made.email)
    equal((tokens.token_type, tokens.expires_in, tokens.subject, list(tokens.roles)),
          ("Bearer", 600, made.customer_id, ["customer"]))
    header, claims = (read(part) for part in tokens.access_token.split(".")[:2])
    equal((header["alg"], header["typ"]), ("ES256", "at+jwt"))
    equal((claims["sub"], claims["roles"]), (made.customer_id, ["customer"]))
    for wrong in ({"password": "wrong password"}, {"email": f"{new_key()}@example.com"}):
        refuses("UNAUTHENTICATED", "LOGIN_FAILED", m, None, path,
                **{"email": made.email, "password": PASSWORD, **wrong})
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, None, path, email="nobody", password=PASSWORD)


def customer_v1_CustomerService_Refresh(m):
    path, first = f"{SERVICE}/Refresh", login(m, register(m).email)
    second = call(m, None, path, refresh_token=first.refresh_token).tokens
    equal((second.subject, list(second.roles)), (first.subject, ["customer"]))
    assert second.refresh_token != first.refresh_token
    equal(call(m, None, path, refresh_token=first.refresh_token).tokens.refresh_token, second.refresh_token)
    refuses("UNAUTHENTICATED", "SESSION_ENDED", m, None, path, refresh_token="nonsense")


def customer_v1_CustomerService_Logout(m):
    path, tokens = f"{SERVICE}/Logout", login(m, register(m).email)
    for _ in range(2):
        call(m, None, path, refresh_token=tokens.refresh_token)
    refuses("UNAUTHENTICATED", "SESSION_ENDED", m, None, f"{SERVICE}/Refresh",
            refresh_token=tokens.refresh_token)
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, None, path)


def customer_v1_CustomerService_GetJwks(m):
    tokens = login(m, register(m).email)
    kid = read(tokens.access_token.split(".")[0])["kid"]
    keys = {key.kid: key for key in call(m, None, f"{SERVICE}/GetJwks").keys}
    equal((keys[kid].kty, keys[kid].crv, keys[kid].alg, keys[kid].use), ("EC", "P-256", "ES256", "sig"))
    equal(list(keys[kid].millrace_may), ["customer", "seller", "admin"])


ADDRESS = {"type": "shipping", "street": "123 Main St", "city": "San Francisco", "state": "CA",
           "zip_code": "94105", "country": "US", "contact_name": "Alex"}
CARD = {"type": "credit_card", "token": "pm_1234567890", "brand": "visa", "last4": "4242"}
CUSTOMER, OTHER = "CUST-12345", "CUST-99999"


def shown(m, customer_id):
    return call(m, "admin", f"{SERVICE}/GetCustomer", customer_id=customer_id).customer


def add_address(m, customer_id):
    return call(m, "admin", f"{SERVICE}/AddAddress", customer_id=customer_id, address=ADDRESS).address


def add_card(m, customer_id):
    return call(m, "admin", f"{SERVICE}/AddPaymentMethod", customer_id=customer_id, **CARD).payment_method


def customer_v1_CustomerService_GetCustomer(m):
    path = f"{SERVICE}/GetCustomer"
    for role in ("customer", "admin", "service"):
        customer = call(m, role, path, customer_id=CUSTOMER).customer
        equal((customer.email, customer.name, customer.tier, customer.active),
              ("customer@example.com", "Alex Customer", "gold", True), role)
        equal((customer.shipping_address.id, customer.shipping_address.postal_code), ("ADDR-001", "94105"))
    refuses("NOT_FOUND", "NO_SUCH_CUSTOMER", m, "customer", path, customer_id=OTHER)
    refuses("NOT_FOUND", "NO_SUCH_CUSTOMER", m, "admin", path, customer_id="CUST-NONE")


def customer_v1_CustomerService_GetContext(m):
    path = f"{SERVICE}/GetContext"
    context = call(m, "service", path, customer_id=CUSTOMER).context
    equal((context.tier, list(context.segments), context.active, len(context.addresses)),
          ("gold", ["regular"], True, 1))
    equal(call(m, "admin", path, customer_id=OTHER).context.tier, "bronze")
    refuses("NOT_FOUND", "NO_SUCH_CUSTOMER", m, "customer", path, customer_id=OTHER)


def customer_v1_CustomerService_GetCheckoutContext(m):
    path = f"{SERVICE}/GetCheckoutContext"
    context = call(m, "customer", path, customer_id=CUSTOMER)
    equal([(method.id, method.brand, method.last4, method.is_default) for method in context.payment_methods],
          [("PM-001", "visa", "4242", True)])
    equal([(address.id, address.type, address.zip_code) for address in context.addresses],
          [("ADDR-001", "shipping", "94105")])
    refuses("NOT_FOUND", "NO_SUCH_CUSTOMER", m, "customer", path, customer_id=OTHER)


def customer_v1_CustomerService_UpdateProfile(m):
    path, made = f"{SERVICE}/UpdateProfile", register(m)
    changed = call(m, "admin", path, customer_id=made.customer_id, version=made.version,
                   name="Alex Other").customer
    equal((changed.name, changed.phone, changed.version), ("Alex Other", "", made.version + 1))
    refuses("ABORTED", "PROFILE_CHANGED", m, "admin", path, customer_id=made.customer_id,
            version=made.version, name="Alex")
    refuses("NOT_FOUND", "NO_SUCH_CUSTOMER", m, "customer", path, customer_id=made.customer_id, name="Eve")


def customer_v1_CustomerService_UpdatePreferences(m):
    path, made = f"{SERVICE}/UpdatePreferences", register(m)
    changed = call(m, "admin", path, customer_id=made.customer_id, preferences={"marketing": True}).customer
    equal((changed.preferences.marketing, changed.preferences.review_requests), (True, False))
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "admin", path, customer_id=made.customer_id)


def customer_v1_CustomerService_SetStanding(m):
    path, made = f"{SERVICE}/SetStanding", register(m)
    changed = call(m, "admin", path, customer_id=made.customer_id, status="closed", tier="platinum",
                   tier_until={"seconds": 4102444800}, segments=["vip"],
                   credit_limit={"amount_minor": 5000, "currency": "USD"}).customer
    equal((changed.active, changed.tier, list(changed.segments)), (False, "platinum", ["vip"]))
    context = call(m, "admin", f"{SERVICE}/GetContext", customer_id=made.customer_id).context
    equal(context.credit_limit.minor, 5000)
    refuses("PERMISSION_DENIED", "ACCOUNT_INACTIVE", m, None, f"{SERVICE}/Login", email=made.email,
            password=PASSWORD)
    for wrong in ({"tier": "gold"}, {"tier": "diamond"}, {"status": ""}, {"segments": ["two words"]}):
        refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "admin", path,
                **{"customer_id": made.customer_id, "status": "active", **wrong})


def customer_v1_CustomerService_AddAddress(m):
    path, made = f"{SERVICE}/AddAddress", register(m)
    address = add_address(m, made.customer_id)
    equal((address.address_line1, address.postal_code, address.is_default), ("123 Main St", "94105", True))
    equal(list(shown(m, made.customer_id).addresses), [address])
    for wrong in ({"street": ""}, {"country": "us"}, {"type": "home"}, {"postal_code": "10001"}):
        refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "admin", path, customer_id=made.customer_id,
                address={**ADDRESS, **wrong})


def customer_v1_CustomerService_ChangeAddress(m):
    path, made = f"{SERVICE}/ChangeAddress", register(m)
    old = add_address(m, made.customer_id)
    new = call(m, "admin", path, customer_id=made.customer_id, address_id=old.id,
               address={**ADDRESS, "street": "1 Other St"}).address
    equal((new.id, new.street), (old.id, "1 Other St"))
    refuses("NOT_FOUND", "ADDRESS_NOT_FOUND", m, "admin", path, customer_id=made.customer_id,
            address_id="ADDR-NONE", address=ADDRESS)


def customer_v1_CustomerService_RemoveAddress(m):
    path, made = f"{SERVICE}/RemoveAddress", register(m)
    address = add_address(m, made.customer_id)
    call(m, "admin", path, customer_id=made.customer_id, address_id=address.id)
    equal(list(shown(m, made.customer_id).addresses), [])
    refuses("NOT_FOUND", "ADDRESS_NOT_FOUND", m, "admin", path, customer_id=made.customer_id,
            address_id=address.id)


def customer_v1_CustomerService_AddPaymentMethod(m):
    path, made = f"{SERVICE}/AddPaymentMethod", register(m)
    method = add_card(m, made.customer_id)
    equal((method.brand, method.last4, method.is_default), ("visa", "4242", True))
    for wrong in ({"last4": ""}, {"type": "cash"}, {"token": "4242424242424242"}):
        refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "admin", path,
                **{"customer_id": made.customer_id, **CARD, **wrong})


def customer_v1_CustomerService_ChoosePaymentMethod(m):
    path, made = f"{SERVICE}/ChoosePaymentMethod", register(m)
    add_card(m, made.customer_id)
    second = add_card(m, made.customer_id)
    equal(second.is_default, False)
    equal(call(m, "admin", path, customer_id=made.customer_id,
               payment_method_id=second.id).payment_method.is_default, True)
    refuses("NOT_FOUND", "METHOD_NOT_FOUND", m, "admin", path, customer_id=made.customer_id,
            payment_method_id="PM-NONE")


def customer_v1_CustomerService_RemovePaymentMethod(m):
    path, made = f"{SERVICE}/RemovePaymentMethod", register(m)
    method = add_card(m, made.customer_id)
    call(m, "admin", path, customer_id=made.customer_id, payment_method_id=method.id)
    refuses("NOT_FOUND", "METHOD_NOT_FOUND", m, "admin", path, customer_id=made.customer_id,
            payment_method_id=method.id)


def customer_v1_CustomerService_GetPaymentToken(m):
    path = f"{SERVICE}/GetPaymentToken"
    answer = call(m, "service", path, customer_id=CUSTOMER, payment_method_id="PM-001")
    equal((answer.type, answer.token), ("credit_card", "pm_1234567890"))
    refuses("NOT_FOUND", "METHOD_NOT_FOUND", m, "service", path, customer_id=CUSTOMER,
            payment_method_id="PM-NONE")
    refuses("NOT_FOUND", "NO_SUCH_CUSTOMER", m, "service", path, customer_id="CUST-NONE",
            payment_method_id="PM-001")


HELD, COMMITTED, RELEASED = 1, 2, 3


def earn(m, customer_id, points, order_id=None):
    """The order that earned them."""
    order_id = order_id or f"ORD-{new_key()}"
    call(m, "service", f"{SERVICE}/EarnPoints", customer_id=customer_id, order_id=order_id, points=points)
    return order_id


def benefits(m, customer_id):
    return call(m, "admin", f"{SERVICE}/GetCheckoutBenefits", customer_id=customer_id)


def hold_points(m, customer_id, points):
    wanted = {"order_id": f"ORD-{new_key()}", "customer_id": customer_id, "points": points}
    equal(call(m, "service", f"{SERVICE}/HoldPoints", **wanted).hold.status, HELD)
    return wanted["order_id"]


def customer_v1_CustomerService_GetCheckoutBenefits(m):
    path, made = f"{SERVICE}/GetCheckoutBenefits", register(m)
    earn(m, made.customer_id, 1250)
    shown_now = benefits(m, made.customer_id)
    equal((shown_now.available_points, shown_now.points_value.minor, shown_now.tier), (1250, 1250, "bronze"))
    told = m.admin("GET", f"/api/v1/loyalty/{made.customer_id}/checkout-benefits").json
    equal((told["availablePoints"], told["pointsValue"], told["owedPoints"], told["expiresAt"]),
          (1250, 12.5, 0, None))
    equal(told["tierBenefits"], {"freeShipping": False, "discountPercentage": 0, "discountBp": 0})
    gold = m.request("GET", f"/api/v1/loyalty/{CUSTOMER}/checkout-benefits").json
    equal((gold["tier"], gold["tierBenefits"]["discountPercentage"]), ("gold", 5))
    refuses("NOT_FOUND", "NO_SUCH_CUSTOMER", m, "customer", path, customer_id=OTHER)


def customer_v1_CustomerService_ListPoints(m):
    path, made = f"{SERVICE}/ListPoints", register(m)
    orders = [earn(m, made.customer_id, points) for points in (1, 2, 3)]
    first = call(m, "service", path, customer_id=made.customer_id, page_size=2)
    second = call(m, "service", path, customer_id=made.customer_id, page_size=2, cursor=first.next_cursor)
    equal([(entry.kind, entry.points, entry.order_id) for entry in [*first.entries, *second.entries]],
          [("earned", points, order) for points, order in zip((3, 2, 1), reversed(orders))])
    equal(second.next_cursor, "")
    refuses("NOT_FOUND", "NO_SUCH_CUSTOMER", m, "customer", path, customer_id=OTHER)
    for wrong in ({"cursor": "nonsense"}, {"page_size": 101}):
        refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "customer", path, customer_id=CUSTOMER, **wrong)


def customer_v1_CustomerService_EarnPoints(m):
    path, made = f"{SERVICE}/EarnPoints", register(m)
    wanted = {"customer_id": made.customer_id, "order_id": f"ORD-{new_key()}", "points": 471}
    for _ in range(2):
        answer = call(m, "service", path, **wanted)
        equal((answer.points, answer.balance), (471, 471), "once per order")
    refuses("FAILED_PRECONDITION", "POINTS_MISMATCH", m, "service", path, **{**wanted, "points": 472})
    refuses("NOT_FOUND", "NO_SUCH_CUSTOMER", m, "service", path, **{**wanted, "customer_id": "CUST-0"})
    for wrong in ({"points": 0}, {"points": -1}, {"points": 10000000001}, {"order_id": ""}):
        refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "service", path, **{**wanted, **wrong})
    told = m.request("POST", "/api/v1/loyalty/points/earn",
                     {"customerId": CUSTOMER, "orderId": "ORD-1", "points": 1})
    equal((told.status, told.json["error"]), (403, "PERMISSION_DENIED"), "not by himself")


def customer_v1_CustomerService_HoldPoints(m):
    path, made = f"{SERVICE}/HoldPoints", register(m)
    earn(m, made.customer_id, 100)
    wanted = {"order_id": f"ORD-{new_key()}", "customer_id": made.customer_id, "points": 60}
    held = call(m, "service", path, **wanted).hold
    equal(call(m, "service", path, **wanted).hold, held, "asked again")
    equal((held.status, held.points, benefits(m, made.customer_id).available_points), (HELD, 60, 40))
    refuses("FAILED_PRECONDITION", "POINTS_MISMATCH", m, "service", path, **{**wanted, "points": 61})
    refuses("FAILED_PRECONDITION", "TOO_FEW_POINTS", m, "service", path,
            **{**wanted, "order_id": f"ORD-{new_key()}", "points": 41})
    for wrong in ({"points": 0}, {"points": 1000000001}):
        refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "service", path, **{**wanted, **wrong})


def customer_v1_CustomerService_CommitPoints(m):
    path, made = f"{SERVICE}/CommitPoints", register(m)
    earn(m, made.customer_id, 100)
    order_id = hold_points(m, made.customer_id, 60)
    for _ in range(2):
        equal(list(call(m, "service", path, order_ids=[order_id, "ORD-NONE"]).statuses), [COMMITTED, 0])
    equal(benefits(m, made.customer_id).available_points, 40)
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "service", path)


def customer_v1_CustomerService_ReleasePoints(m):
    path, made = f"{SERVICE}/ReleasePoints", register(m)
    earn(m, made.customer_id, 100)
    order_id = hold_points(m, made.customer_id, 60)
    for _ in range(2):
        equal(list(call(m, "service", path, order_ids=[order_id]).statuses), [RELEASED])
    equal(benefits(m, made.customer_id).available_points, 100)
    refuses("FAILED_PRECONDITION", "POINTS_CLOSED", m, "service", f"{SERVICE}/HoldPoints", order_id=order_id,
            customer_id=made.customer_id, points=60)
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "service", path)


def customer_v1_CustomerService_RevokePoints(m):
    path, made = f"{SERVICE}/RevokePoints", register(m)
    order_id = earn(m, made.customer_id, 100)
    call(m, "service", f"{SERVICE}/CommitPoints", order_ids=[hold_points(m, made.customer_id, 30)])
    for _ in range(2):
        call(m, "service", path, order_ids=[order_id])
    left = benefits(m, made.customer_id)
    equal((left.available_points, left.owed_points), (0, 30), "what was used meanwhile")
    refuses("FAILED_PRECONDITION", "POINTS_CLOSED", m, "service", f"{SERVICE}/EarnPoints", order_id=order_id,
            customer_id=made.customer_id, points=100)
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "service", path)
