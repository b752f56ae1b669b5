"""Runs every example of docs/clients.md as it stands."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

from millrace import ROOT, Millrace, equal, main, wait_until

PAGE = (ROOT / "docs/clients.md").read_text()
ORIGIN = "https://shop.example"
DOCUMENT = """
globalThis.document = {
  createElement: () => ({}),
  querySelector: () => ({ append: (line) => console.log(line.textContent) }),
};
"""


def examples():
    """Heading -> its code."""
    found = {}
    for section in re.split(r"^##? ", PAGE, flags=re.M)[1:]:
        heading = section.split("\n")[0]
        for _, code in re.findall(r"^```(\w+)\n(.*?)^```$", section, re.M | re.S):
            found[heading] = found.get(heading, "") + code
    return found


def environment_of(m):
    """What the first example exports."""
    script = examples()["Clients"] + "env -0"
    done = subprocess.run(["bash", "-euc", script], cwd=ROOT, env=m.environment, capture_output=True,
                          text=True)
    equal(done.returncode, 0, done.stderr)
    return dict(entry.split("=", 1) for entry in done.stdout.split("\0") if "=" in entry)


def run(m, *command):
    done = subprocess.run(command, cwd=ROOT, env=environment_of(m), capture_output=True, text=True,
                          timeout=60)
    if done.returncode != 0:
        raise AssertionError(f"{command[0]}: {done.stdout}{done.stderr}")
    return done.stdout


def every_example_is_run(m):
    equal(sorted(examples()), ["Browser", "Clients", "NATS", "Node", "Python", "buf", "grpcurl"])


def buf_lists_orders(m):
    placed = m.place().json["orderId"]
    if not list(ROOT.glob("node_modules/@bufbuild/buf-linux-*/bin/buf")):
        return "buf is not installed: npm ci needs a registry"
    answer = json.loads(run(m, "bash", "-euc", examples()["buf"]))
    equal([order["orderId"] for order in answer["orders"]], [placed])


def grpcurl_lists_orders(m):
    placed = m.place().json["orderId"]
    if not shutil.which("grpcurl"):
        return "grpcurl is not installed"
    answer = json.loads(run(m, "bash", "-euc", examples()["grpcurl"]))
    equal([order["orderId"] for order in answer["orders"]], [placed])


def python_places_an_order(m):
    order_id, total_minor, currency = run(m, "/usr/bin/python3", "-c", examples()["Python"]).split()
    equal((total_minor, currency), ("61379", "USD"))
    equal(m.request("GET", f"/api/v1/orders/{order_id}").status, 200)


def node_places_an_order(m):
    order_id, total, location = run(m, "node", "--input-type=module", "-e", examples()["Node"]).split()
    equal((total, location), ("613.79", f"/api/v1/orders/{order_id}"))
    equal(m.request("GET", location).json["orderId"], order_id)


def a_page_of_a_listed_origin_may_call(m):
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "GET",
             "Access-Control-Request-Headers": "authorization"}
    for reply in (m.request("OPTIONS", "/api/v1/orders", token="", headers=asked),
                  m.request("GET", "/api/v1/orders", headers={"Origin": ORIGIN})):
        equal(reply.headers["access-control-allow-origin"], ORIGIN)
    reply = m.request("GET", "/api/v1/orders", headers={"Origin": "https://evil.example"})
    equal(reply.headers.get("access-control-allow-origin"), None)


def a_page_shows_its_orders(m):
    number = m.place().json["orderNumber"]
    wait_until(lambda: m.request("GET", f"/api/v1/orders/{number}").json["status"] == "PROCESSING",
               "nothing moves the order any more")
    given = environment_of(m)
    script = re.search(r"<script type=\"module\">(.*)</script>", examples()["Browser"], re.S)[1]
    script = script.replace('"API/', f'"{given["API"]}/').replace("Bearer TOKEN", f"Bearer {given['TOKEN']}")
    shown = run(m, "node", "--input-type=module", "-e", DOCUMENT + script).splitlines()
    equal(shown[0], f"{number}: PROCESSING, 613.79 USD")


def a_consumer_of_nats_hears_an_order(m):
    consumer = subprocess.Popen([sys.executable, "-c", examples()["NATS"]], cwd=ROOT, env=environment_of(m),
                                stdout=subprocess.PIPE, text=True)
    try:
        equal(consumer.stdout.readline(), "listening\n")
        placed = m.place().json["orderId"]
        for event in ("events.order.created", "events.order.confirmed"):
            line = consumer.stdout.readline()
            equal(line.split()[0], event)
            equal(placed in line, True, line)
    finally:
        consumer.kill()
        consumer.communicate()


STUBS = {"python": "order/v1/order_pb2.py", "java": "payment/v1/PaymentOuterClass.java",
         "csharp": "Events/V1/Order.cs", "ruby": "order/v1/order_pb.rb", "php": "Order/V1/Order.php",
         "objc": "order/v1/Order.pbobjc.m", "cpp": "google/api/http.pb.cc", "kotlin": "order/v1/OrderKt.kt"}


def stubs_are_one_command(m):
    for language, name in STUBS.items():
        with tempfile.TemporaryDirectory() as folder:
            m.dev("stubs", language, folder)
            equal(os.path.exists(os.path.join(folder, name)), True, f"{name} of {language}")


TESTS = [every_example_is_run, buf_lists_orders, grpcurl_lists_orders, python_places_an_order,
         node_places_an_order, a_page_of_a_listed_origin_may_call, a_page_shows_its_orders,
         a_consumer_of_nats_hears_an_order, stubs_are_one_command]

if __name__ == "__main__":
    main(TESTS, Millrace("clients", MILLRACE_CORS_ORIGINS=ORIGIN))
