"""What grpcurl sees: every service is found, described and called with nothing but its address and a
token."""

import importlib
import signal
import sys

import grpc
from google.protobuf import json_format

from calls.order import PLACE
from grpc_calls import OWNERS, SUBJECTS, Caller, caller_of, hang_up, refuses
from grpc_client import Messages, Reflection, Service, details_of, reason_of
from millrace import Millrace, equal, main, tests_in, wait_until
from services import SERVED

INFRASTRUCTURE = ["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
                  "grpc.reflection.v1alpha.ServerReflection"]
VERSIONS = ("v1", "v1alpha")
SERVING, NOT_SERVING = 1, 2
ORDER_CONFIRMED = 2


def ports(millrace):
    """Of each port an owner, and the services that are there."""
    if millrace.mode == "standalone":
        return {"order": list(OWNERS)}
    return {owner: [name] for name, owner in OWNERS.items()}


# Found and described.


def every_port_lists_its_services_in_both_versions(m):
    for owner, names in ports(m).items():
        caller = caller_of(m, owner)
        for version in VERSIONS:
            equal(Reflection(caller.channel, version).services(), sorted([*names, *INFRASTRUCTURE]),
                  f"{owner} {version}")


def every_service_is_described_with_all_that_it_imports(m):
    for owner, names in ports(m).items():
        caller = caller_of(m, owner)
        for version in VERSIONS:
            reflection = Reflection(caller.channel, version)
            for name in [*names, *INFRASTRUCTURE]:
                service = Service(caller.channel, reflection, name)
                for method in service.descriptor.methods:
                    for message in (method.input_type, method.output_type):
                        service.messages[message.full_name]()


def who_may_not_call_is_refused_by_every_method(m):
    for owner, names in ports(m).items():
        caller = caller_of(m, owner)
        for name in names:
            for method in caller.service(name).descriptor.methods:
                allowed = caller.service(name).rules(method.name)
                assert allowed, f"{method.full_name} says of nobody that they may call it"
                path = f"{name}/{method.name}"
                if "ROLE_ANYONE" in allowed:
                    continue
                refuses("UNAUTHENTICATED", "UNAUTHENTICATED", m, None, path)
                for role in SUBJECTS:
                    if f"ROLE_{role.upper()}" not in allowed:
                        refuses("PERMISSION_DENIED", "PERMISSION_DENIED", m, role, path)


EVENTS = ["events.v1.OrderEvent", "events.v1.PriceEvent", "events.v1.ReviewEvent",
          "events.v1.ShipmentEvent"]
DETAILS = ["google.rpc.Status", "google.rpc.ErrorInfo", "google.rpc.BadRequest", "google.rpc.RetryInfo",
           "common.v1.ErrorRecords"]


def described(reflection, symbols):
    """The messages of all files that define the symbols."""
    files = {file.name: file for symbol in symbols for file in reflection.files_of(symbol)}
    return Messages(*files.values())


def every_port_describes_the_events_and_the_details_of_errors(m):
    for owner in ports(m):
        for version in VERSIONS:
            messages = described(Reflection(caller_of(m, owner).channel, version), EVENTS + DETAILS)
            for name in EVENTS + DETAILS:
                messages[name]()


def told(m, role, path, /, **fields):
    """The details of a call's error, as a client shows them that knows nothing but reflection."""
    caller = caller_of(m, OWNERS[path.split("/")[0]])
    messages = described(caller.reflection, DETAILS)
    error = caller.start(role, path, **fields).exception()
    status = messages["google.rpc.Status"].FromString(details_of(error))
    return json_format.MessageToDict(status, descriptor_pool=messages.pool)["details"]


def the_details_of_an_error_can_be_read(m):
    line = {"product_id": "PROD-SHORT", "sku": "SKU-SHORT-001", "warehouse_id": "US-WEST-01", "quantity": 2}
    short = {"productId": "PROD-SHORT", "sku": "SKU-SHORT-001", "requestedQuantity": "2",
             "availableQuantity": "1"}
    info, records = told(m, "service", "warehouse.v1.WarehouseService/ReserveStock", order_id="ORD-1",
                         items=[line])
    equal(info, {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "domain": "millrace",
                 "reason": "PRODUCT_OUT_OF_STOCK", "metadata": short})
    equal({value["key"]: value.get("text", value.get("number")) for value in records["records"][0]["values"]},
          short)
    _, bad = told(m, "service", "warehouse.v1.WarehouseService/ReserveStock", order_id="ORD-1")
    equal((bad["@type"], [violation["field"] for violation in bad["fieldViolations"]]),
          ("type.googleapis.com/google.rpc.BadRequest", ["items"]))


# Called: calls/SERVICE.py has a test with the name of each RPC; and none was left out.


def calls_of(service):
    module = importlib.import_module(f"calls.{service.name}")
    return [test for test in tests_in(module) if test.__name__.startswith(f"{service.name}_v1_")]


CALLS = [test for service in SERVED for test in calls_of(service)]


def no_method_was_left_out(m):
    for owner, names in ports(m).items():
        caller = caller_of(m, owner)
        for name in names:
            for method in caller.service(name).descriptor.methods:
                assert f"{name}.{method.name}".replace(".", "_") in {test.__name__ for test in CALLS}, \
                    f"nothing in calls/ calls {method.full_name}"


# Health.


def every_service_says_that_it_serves(m):
    for owner, names in ports(m).items():
        caller = caller_of(m, owner)
        for name in ["", *names]:
            equal(caller.start(None, "grpc.health.v1.Health/Check", service=name).result().status, SERVING,
                  name)
            equal(next(watch(caller, name)).status, SERVING, name)
        try:
            caller.start(None, "grpc.health.v1.Health/Check", service="nobody.v1.NobodyService").result()
        except grpc.RpcError as error:
            equal((error.code().name, reason_of(error)), ("NOT_FOUND", "SERVICE_NOT_FOUND"))
        else:
            raise AssertionError("a service that nobody knows is healthy")


def watch(caller, name):
    health = caller.service("grpc.health.v1.Health")
    return health.method("Watch")(health.request("Watch", service=name), timeout=20)


def a_process_that_drains_says_not_serving_and_finishes_its_call(m):
    hang_up()
    m.stop_millrace()
    m.up(MILLRACE_FAULTS_ENABLED=1, MILLRACE_FAULT="order.before_payment=stall:1500")
    process = "millrace" if m.mode == "standalone" else "order"
    caller = Caller(m, "order")
    told = watch(caller, "order.v1.OrderService")
    equal(next(told).status, SERVING)
    placing = caller.start("customer", "order.v1.OrderService/PlaceOrder", **PLACE)
    wait_until(lambda: m.rows("order", "SELECT order_id FROM orders WHERE status = 'PENDING_PAYMENT'"),
               "it is being paid")
    m.signal(process, signal.SIGTERM)
    equal(next(told).status, NOT_SERVING)
    assert not placing.done(), "the call ended before the process said that it drains"
    equal(placing.result().order.status, ORDER_CONFIRMED)
    caller.channel.close()
    wait_until(lambda: not m.is_alive(process), "the process ended")


TESTS = tests_in(sys.modules[__name__])
TESTS[-2:-2] = CALLS  # the process ends in the last one

if __name__ == "__main__":
    mode = sys.argv[1]
    main(TESTS, Millrace(f"reflection-{mode}", mode))
