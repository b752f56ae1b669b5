"""The keys of users' tokens: customer makes, turns and withdraws them, and every process learns of it, while
customer is there and while it is not. usage: user_keys.py"""

import base64
import contextlib
import json
import re
import signal
import sys
import threading
import time

import grpc

from grpc_calls import caller_of
from millrace import Millrace, equal, run_tests, wait_until

MINE = "/api/v1/customers/CUST-12345"
ORDERS = "/api/v1/orders?pageSize=1"
LOOKS = re.compile(r"^millrace_user_key_looks_total\{.*\} (\d+)", re.MULTILINE)
PAUSE_S = 10
FOREVER = {"MILLRACE_USER_KEYS_INTERVAL_MS": "3600000"}


def login(m):
    reply = m.request("POST", "/api/v1/auth/login", token="",
                      body={"email": "customer@example.com", "password": "millrace-demo"})
    equal(reply.status, 200, reply)
    return reply.json["accessToken"]


def header_of(token):
    part = token.split(".")[0]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def kid_of(token):
    return header_of(token)["kid"]


def status(m, token, path=ORDERS):
    return m.request("GET", path, token=token).status


def published(m):
    return {key["kid"] for key in m.request("GET", "/.well-known/jwks.json", token="").json["keys"]}


def kept(m, name):
    return {key["kid"] for key in json.loads((m.run / f"keys/{name}.json").read_text())["keys"]}


def names_of(m):
    """The processes that look for keys: all but the relay."""
    return [name for name in m.processes() if name != "relay"]


def all_know(m, kid):
    return all((m.run / f"keys/{name}.json").exists() and kid in kept(m, name) for name in names_of(m))


def turn_the_key(m):
    """What time would do: the one that signs nears its end, the next is made and published, then signs."""
    before = published(m)
    m.execute("customer", "UPDATE signing_keys SET signs_until = now() + interval '1 minute'"
                          " WHERE signs_until > now()")
    (kid,) = wait_until(lambda: published(m) - before, "the next key is published")
    equal(kid_of(login(m)) in before, True, "it signs at once")
    wait_until(lambda: all_know(m, kid), "all have heard of it")
    m.execute("customer", f"UPDATE signing_keys SET signs_from = now() WHERE kid = '{kid}'")
    wait_until(lambda: kid_of(login(m)) == kid, "it signs")
    return kid


def withdraw_all(m):
    """An operator's last resort; the key that is made then signs at once."""
    old = kid_of(login(m))
    m.execute("customer", "DELETE FROM signing_keys")
    return wait_until(lambda: (kid := kid_of(login(m))) != old and kid, "another key signs")


@contextlib.contextmanager
def callers(m, *tokens):
    """Within, a client calls with each of the tokens; one that has None logs in each time. Yields their
    answers."""
    answers, ends = [], threading.Event()

    def call(token):
        while not ends.is_set():
            answers.append(m.request("GET", ORDERS, token=token or login(m)))

    threads = [threading.Thread(target=call, args=(token,)) for token in tokens]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        ends.set()
        for thread in threads:
            thread.join()


def wait_for_calls(answers, n=20):
    before = len(answers)
    wait_until(lambda: len(answers) > before + n, "the clients have called")


def grpc_status(m, service, method, token):
    try:
        served = caller_of(m, service).service(f"{service}.v1.{service.capitalize()}Service")
        served.method(method)(served.request(method), timeout=20,
                              metadata=[("authorization", f"Bearer {token}")])
    except grpc.RpcError as error:
        return error.code().name
    return "OK"


def dev_token_logs_in(m):
    for name, path in (("customer", MINE), ("admin", MINE), ("stranger", "/api/v1/customers/CUST-99999")):
        token = m.dev("token", name).stdout.strip()
        equal((kid_of(token) in published(m), status(m, token, path)), (True, 200), name)
    assert "there is no demo account 'root'" in m.dev("token", "root", check=False).stderr


def a_rotation_under_load_refuses_nobody(m):
    old = login(m)
    wait_until(lambda: all_know(m, kid_of(old)), "all know the key that signs")
    with callers(m, old, None, None) as answers:
        for _ in range(2):
            turn_the_key(m)
            wait_for_calls(answers)
    equal({answer.status for answer in answers}, {200}, [a for a in answers if a.status != 200][:3])
    equal(status(m, old), 200, "a token of the key before the last")


def a_withdrawn_key_holds_no_longer_than_a_look(m):
    old = login(m)
    equal((status(m, old), grpc_status(m, "order", "ListOrders", old)), (200, "OK"))
    kid = withdraw_all(m)
    wait_until(lambda: all_know(m, kid), "all have heard of it")
    wait_until(lambda: status(m, old) == 401, "the gateway refuses the old key's token")
    wait_until(lambda: grpc_status(m, "order", "ListOrders", old) == "UNAUTHENTICATED", "order refuses it")
    equal(status(m, login(m)), 200)


def looks(m):
    return sum(int(number) for number in LOOKS.findall(m.request("GET", "/metrics", token="").text))


def forged(m, number):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({**header_of(m.token()), 'kid': f'forged-{number}'})}.{part({})}.{'A' * 86}"


def an_unknown_key_is_looked_for_at_most_every_ten_seconds(m):
    m.restart("gateway", **FOREVER)
    equal(status(m, login(m)), 200)
    before, began = looks(m), time.monotonic()
    equal({status(m, forged(m, i)) for i in range(200)}, {401})
    allowed = 1 + (time.monotonic() - began) // PAUSE_S
    assert looks(m) - before <= allowed, (looks(m), before, allowed)
    kid = withdraw_all(m)
    token = login(m)
    equal((kid_of(token), kid in kept(m, "gateway")), (kid, False))
    wait_until(lambda: status(m, token) == 200, "the gateway has looked for the key")
    m.restart("gateway")


def kill_customer(m):
    m.signal("customer", signal.SIGKILL)
    wait_until(lambda: not m.is_alive("customer"), "customer is dead")


def who_knows_keys_needs_no_issuer(m):
    token = login(m)
    wait_until(lambda: all_know(m, kid_of(token)), "all know the key")
    with callers(m, token) as answers:
        kill_customer(m)
        wait_for_calls(answers)
    equal({answer.status for answer in answers}, {200})
    m.restart("gateway")
    m.restart("order")
    equal(status(m, token), 200, "after a restart, from the file")
    equal(status(m, forged(m, 0)), 503, "nobody knows whether there is such a key")
    m.restart("customer")
    wait_until(lambda: status(m, forged(m, 0)) == 401, "the issuer was asked again")


def without_any_key_it_is_503_until_the_issuer_is_back(m):
    token = login(m)
    kill_customer(m)
    (m.run / "keys/gateway.json").unlink()
    m.restart("gateway")
    refused = m.request("GET", ORDERS, token=token)
    equal((refused.status, refused.json["error"], int(refused.headers["retry-after"]) > 0),
          (503, "UNAVAILABLE", True), refused)
    assert m.is_ready(), "what needs no token can be served"
    (m.run / "keys/gateway.json").write_text("{\"keys\": [")
    m.restart("gateway")
    equal(status(m, token), 503, "the file is broken")
    m.restart("customer")
    wait_until(lambda: status(m, token) == 200, "the gateway has the keys")


def a_stopped_issuer_stops_nobody(m):
    token = login(m)
    wait_until(lambda: all_know(m, kid_of(token)), "all know the key")
    m.signal("customer", signal.SIGSTOP)
    try:
        wait_until(lambda: status(m, forged(m, 1)) == 503, "the gateway has noticed")
        with callers(m, token) as answers:
            wait_for_calls(answers)
        equal({answer.status for answer in answers}, {200})
    finally:
        m.signal("customer", signal.SIGCONT)
    wait_until(lambda: status(m, login(m)) == 200, "it can be logged in again")


SPLIT = [
    dev_token_logs_in,
    a_rotation_under_load_refuses_nobody,
    a_withdrawn_key_holds_no_longer_than_a_look,
    an_unknown_key_is_looked_for_at_most_every_ten_seconds,
    who_knows_keys_needs_no_issuer,
    without_any_key_it_is_503_until_the_issuer_is_back,
    a_stopped_issuer_stops_nobody,
]
STANDALONE = [dev_token_logs_in, a_rotation_under_load_refuses_nobody]


def run(mode, tests):
    m = Millrace("user-keys", mode, MILLRACE_USER_KEYS_INTERVAL_MS=1000, MILLRACE_CUSTOMER_KEY_HOURS=1,
                 MILLRACE_CUSTOMER_SWEEP_INTERVAL_MS=500)
    try:
        m.clear()
        m.up()
        return run_tests(tests, m)
    finally:
        m.down()


if __name__ == "__main__":
    sys.exit(1 if run("split", SPLIT) + run("standalone", STANDALONE) else 0)
