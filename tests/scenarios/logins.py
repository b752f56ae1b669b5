"""What people see of accounts and logins over REST; privileges.py runs it."""

import json

from millrace import equal, new_key

PASSWORD = "a password that nobody else has"
HOME, AWAY = "192.0.2.1", "198.51.100.7"


def post(m, path, host=HOME, **body):
    return m.request("POST", f"/api/v1/{path}", body, token="", headers={"X-Forwarded-For": host})


def register(m, path="auth/register"):
    email = f"{new_key()}@example.com"
    reply = post(m, path, email=email, password=PASSWORD, name="Alex Customer")
    equal((reply.status, reply.json["email"]), (201, email), reply)
    return reply.json


def who_registers_logs_in_and_stays_so(m):
    for path in ("auth/register", "customers/register"):
        made = register(m, path)
        reply = post(m, "auth/login", email=made["email"], password=PASSWORD)
        equal((reply.status, reply.headers["cache-control"]), (200, "no-store"), reply)
        equal({key: reply.json[key] for key in ("tokenType", "expiresIn", "subject", "roles")},
              {"tokenType": "Bearer", "expiresIn": 600, "subject": made["customerId"], "roles": ["customer"]})
        second = post(m, "auth/refresh", refreshToken=reply.json["refreshToken"])
        equal(second.status, 200, second)
        equal(post(m, "auth/logout", refreshToken=second.json["refreshToken"]).status, 200)
        ended = post(m, "auth/refresh", refreshToken=second.json["refreshToken"])
        equal((ended.status, ended.json["error"]), (401, "SESSION_ENDED"), ended)


def the_demo_customers_log_in_with_their_roles_and_ids(m):
    for email, subject, roles in (("customer@example.com", "CUST-12345", ["customer"]),
                                  ("stranger@example.com", "CUST-99999", ["customer"]),
                                  ("admin@example.com", "USER-ADMIN", ["admin"])):
        reply = post(m, "auth/login", email=email, password="millrace-demo")
        equal((reply.status, reply.json.get("subject"), reply.json.get("roles")), (200, subject, roles))


def a_profile_is_shown_and_changed_over_rest(m):
    shown = m.request("GET", "/api/v1/customers/CUST-12345").json
    equal((shown["tier"], shown["shippingAddress"]["street"], shown["shippingAddress"]["addressLine1"]),
          ("gold", "123 Main St", "123 Main St"))
    checkout = m.request("GET", "/api/v1/customers/CUST-12345/checkout-context").json
    equal(checkout["paymentMethods"],
          [{"id": "PM-001", "type": "credit_card", "last4": "4242", "brand": "visa", "isDefault": True}])
    equal(m.request("GET", "/api/v1/customers/CUST-12345/context").json["tier"], "gold")
    change = {"version": shown["version"], "name": "Alex Customer", "phone": "+1 555 0100"}
    changed = m.request("PUT", "/api/v1/customers/CUST-12345", change)
    equal((changed.status, changed.json["version"]), (200, shown["version"] + 1), changed)
    late = m.request("PUT", "/api/v1/customers/CUST-12345", change)
    equal((late.status, late.json["error"], late.json["details"]),
          (409, "PROFILE_CHANGED", {"version": changed.json["version"]}), late)
    added = m.request("POST", "/api/v1/customers/CUST-12345/addresses", {"address": {
        "type": "billing", "addressLine1": "1 Bill St", "city": "Oakland", "postalCode": "94601",
        "country": "US", "contactName": "Alex", "contactPhone": "+1 555 0101"}})
    equal((added.status, added.json["zipCode"], added.json["isDefault"]), (201, "94601", True), added)
    gone = m.request("DELETE", f"/api/v1/customers/CUST-12345/addresses/{added.json['id']}")
    equal((gone.status, gone.json), (200, {}), gone)
    equal(m.request("GET", "/api/v1/customers/CUST-99999").status, 404)
    equal(m.request("PUT", "/api/v1/customers/CUST-12345/standing", {"status": "active"}).status, 403)


def what_is_as_long_as_may_be_is_kept(m):
    """The other side of these limits is in bad_input.py."""
    email = f"{new_key()[:64].rjust(64, 'a')}@{'.'.join(['b' * 61] * 3)}.com"
    wanted = {"email": email, "name": "n" * 200, "phone": "+1 555 0100".ljust(40, ".")}
    made = post(m, "auth/register", **wanted, password="p" * 128)
    equal((made.status, {field: made.json[field] for field in wanted}), (201, wanted), made)
    equal(post(m, "auth/login", email=email, password="p" * 128).status, 200)
    shortest = post(m, "auth/register", email=f"{new_key()}@example.com", password="8 bytes.", name="N")
    equal(shortest.status, 201, shortest)
    path = f"/api/v1/customers/{made.json['customerId']}"
    address = {"type": "billing", "street": "s" * 200, "addressLine2": "l" * 200, "city": "c" * 100,
               "state": "s" * 50, "zipCode": "z" * 20, "country": "US", "contactName": "n" * 200,
               "contactPhone": "+1 555 0100".ljust(40, ".")}
    added = m.admin("POST", f"{path}/addresses", {"address": address})
    equal((added.status, {field: added.json[field] for field in address}), (201, address), added)
    method = m.admin("POST", f"{path}/payment-methods",
                     {"type": "wallet", "token": "t" * 128, "brand": "b" * 40})
    equal((method.status, method.json["brand"]), (201, "b" * 40), method)
    standing = m.admin("PUT", f"{path}/standing", {
        "status": "active", "segments": ["s" * 40, *"abcdefghijklmnopqrs"],
        "creditLimit": {"amountMinor": 10 ** 12, "currency": "USD"}})
    equal((standing.status, len(standing.json["segments"])), (200, 20), standing)


def failures(m, email, host):
    return [(reply.status, reply.json["error"], reply.json["message"], reply.json["details"]) for reply in
            (post(m, "auth/login", host, email=email, password="wrong password") for _ in range(11))]


def ten_failures_pause_one_host_and_no_other_and_a_name_that_nobody_has_alike(m):
    email = register(m)["email"]
    known, unknown = failures(m, email, AWAY), failures(m, f"{new_key()}@example.com", AWAY)
    equal([failure[:2] for failure in known], [(401, "LOGIN_FAILED")] * 10 + [(429, "LOGIN_PAUSED")])
    equal(unknown, known)
    paused = post(m, "auth/login", AWAY, email=email, password=PASSWORD)
    equal((paused.status, 0 < int(paused.headers["retry-after"]) <= 900), (429, True), paused)
    equal(post(m, "auth/login", HOME, email=email, password=PASSWORD).status, 200)


def the_public_keys_are_where_they_are_looked_for(m):
    one = m.request("GET", "/api/v1/auth/jwks", token="")
    other = m.request("GET", "/.well-known/jwks.json", token="")
    equal((one.status, other.status), (200, 200))
    equal(one.json, other.json)
    for key in one.json["keys"]:
        equal(set(key), {"kid", "kty", "crv", "alg", "use", "x", "y", "millrace_may"})


def nobodys_secret_is_logged_and_every_login_is(m):
    made = register(m)
    tokens = post(m, "auth/login", email=made["email"], password=PASSWORD).json
    post(m, "auth/login", email=made["email"], password=f"{PASSWORD}!")
    post(m, "auth/refresh", refreshToken=tokens["refreshToken"])
    logs = "".join(m.log(name) for name in m.processes())
    for secret in (PASSWORD, made["email"], tokens["accessToken"], tokens["refreshToken"]):
        assert secret not in logs, secret
    lines = [json.loads(line) for line in logs.splitlines() if '"event":"user_login"' in line]
    equal([line["status"] for line in lines[-2:]], ["success", "failed"])
    equal((lines[-2]["subject"], lines[-1]["client"]), (made["customerId"], HOME))


TESTS = [
    who_registers_logs_in_and_stays_so,
    the_demo_customers_log_in_with_their_roles_and_ids,
    a_profile_is_shown_and_changed_over_rest,
    what_is_as_long_as_may_be_is_kept,
    ten_failures_pause_one_host_and_no_other_and_a_name_that_nobody_has_alike,
    the_public_keys_are_where_they_are_looked_for,
    nobodys_secret_is_logged_and_every_login_is,
]
