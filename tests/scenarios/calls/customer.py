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
