"""What grpcurl sees: every service is found, described and called with nothing but its address and a
token."""

import functools
import inspect
import signal
import sys

import grpc
from google.protobuf import json_format

from grpc_client import Messages, Reflection, Service, details_of, reason_of
from millrace import Millrace, equal, main, new_key, wait_until
from services import SERVED

INFRASTRUCTURE = ["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
                  "grpc.reflection.v1alpha.ServerReflection"]
OWNERS = {f"{service.name}.v1.{service.name.capitalize()}Service": service.name for service in SERVED}
VERSIONS = ("v1", "v1alpha")
SUBJECTS = {"customer": "CUST-12345", "seller": "SELLER-1", "admin": "USER-ADMIN", "service": "order"}

SKU, STORE = "SKU-DEF-002", "US-WEST-01"
ADDRESS = {"street": "123 Main St", "city": "San Francisco", "state": "CA", "zip_code": "94105",
           "country": "US"}
PLACE = {
    "customer_id": "CUST-12345",
    "items": [{"product_id": "PROD-11111", "sku": SKU, "quantity": 1, "requested_warehouse": STORE}],
    "shipping_address": ADDRESS,
    "billing_address": ADDRESS,
    "payment_method": {"type": "credit_card", "token": "pm_1234567890"},
    "shipping_method": "standard",
}
LINE = {"product_id": "PROD-11111", "sku": SKU, "warehouse_id": STORE, "quantity": 1}

UNSPECIFIED, SERVING, NOT_SERVING = 0, 1, 2
ORDER_CONFIRMED, ORDER_CANCELLED = 2, 6
HELD, SOLD, GIVEN_BACK = 1, 2, 3
HOLD_UNKNOWN, HOLD_CONFIRMED = 1, 3
PAID, DECLINED, REFUNDED = 2, 3, 6


class Caller:
    """One port of an installation, and the services that it describes."""

    def __init__(self, m, owner):
        self.m = m
        self.channel = grpc.insecure_channel(f"127.0.0.1:{m.grpc_port_of(owner)}",
                                             [("grpc.use_local_subchannel_pool", 1)])
        self.reflection = Reflection(self.channel, "v1")
        self._services = {}

    def service(self, name):
        if name not in self._services:
            self._services[name] = Service(self.channel, self.reflection, name)
        return self._services[name]

    def metadata(self, role, key=None):
        if role is None:
            return []
        token = self.m.token(SUBJECTS[role], role)
        said = (("x-millrace-service-token", token) if role == "service"
                else ("authorization", f"Bearer {token}"))
        return [said, *([("idempotency-key", key)] if key else [])]

    def start(self, role, path, key=None, /, **fields):
        """A call on its way; its result() waits for the answer."""
        name, method = path.split("/")
        service = self.service(name)
        return service.method(method).future(service.request(method, **fields),
                                             metadata=self.metadata(role, key), timeout=20)


callers = []


@functools.cache
def caller_of(m, owner):
    callers.append(Caller(m, owner))
    return callers[-1]


def call(m, role, path, key=None, /, **fields):
    return caller_of(m, OWNERS[path.split("/")[0]]).start(role, path, key, **fields).result()


def hang_up():
    """Ends the connections: gRPC for Python reads nothing while no call is open, and a server that drains
    waits long until such a client has taken note."""
    for caller in callers:
        caller.channel.close()
    callers.clear()
    caller_of.cache_clear()


def refuses(code, reason, m, role, path, /, **fields):
    """The call fails with that code and that reason."""
    try:
        answer = call(m, role, path, **fields)
    except grpc.RpcError as error:
        equal((error.code().name, reason_of(error)), (code, reason), f"{path} by {role}: {error.details()}")
    else:
        raise AssertionError(f"{path} by {role} should have been refused with {reason}: {answer}")


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
                refuses("UNAUTHENTICATED", "UNAUTHENTICATED", m, None, path)
                for role in SUBJECTS:
                    if f"ROLE_{role.upper()}" not in allowed:
                        refuses("PERMISSION_DENIED", "PERMISSION_DENIED", m, role, path)


EVENTS = ["events.v1.OrderEvent"]
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
    line = {**LINE, "product_id": "PROD-SHORT", "sku": "SKU-SHORT-001", "quantity": 2}
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


# Called: each test has the name of what it calls, and the last one sees that nothing was left out.


def place(m, key=None):
    return call(m, "customer", "order.v1.OrderService/PlaceOrder", key, **PLACE).order


def order_v1_OrderService_PlaceOrder(m):
    path, key = "order.v1.OrderService/PlaceOrder", new_key()
    order = place(m, key)
    equal((order.status, order.payment.status, order.pricing.total.currency),
          (ORDER_CONFIRMED, "COMPLETED", "USD"))
    equal(order.pricing.subtotal.minor, 15000)
    equal(place(m, key), order, "the same key, the same answer")
    refuses("PERMISSION_DENIED", "CUSTOMER_MISMATCH", m, "customer", path,
            **{**PLACE, "customer_id": "CUST-99999"})
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "customer", path)
    refuses("FAILED_PRECONDITION", "PAYMENT_FAILED", m, "customer", path,
            **{**PLACE, "payment_method": {"type": "credit_card", "token": "pm_card_declined"}})


def order_v1_OrderService_GetOrder(m):
    path, order = "order.v1.OrderService/GetOrder", place(m)
    for role in ("customer", "admin", "service"):
        equal(call(m, role, path, order_id=order.order_id).order, order, role)
    refuses("NOT_FOUND", "ORDER_NOT_FOUND", m, "customer", path, order_id="ORD-NONE")


def order_v1_OrderService_ListOrders(m):
    path, order = "order.v1.OrderService/ListOrders", place(m)
    equal(call(m, "customer", path, page_size=1).orders[0], order)
    equal(call(m, "admin", path, page_size=1, customer_id="CUST-12345").orders[0], order)
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "customer", path, page_size=101)


def order_v1_OrderService_CancelOrder(m):
    path, order = "order.v1.OrderService/CancelOrder", place(m)
    cancelled = call(m, "customer", path, order_id=order.order_id, reason="changed my mind").order
    equal((cancelled.status, cancelled.cancel_reason), (ORDER_CANCELLED, "changed my mind"))
    refuses("NOT_FOUND", "ORDER_NOT_FOUND", m, "customer", path, order_id="ORD-NONE")


def order_v1_OrderService_ResolveHolds(m):
    answer = call(m, "service", "order.v1.OrderService/ResolveHolds",
                  order_ids=[place(m).order_id, "ORD-NONE"])
    equal(list(answer.outcomes), [HOLD_CONFIRMED, HOLD_UNKNOWN])
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "service", "order.v1.OrderService/ResolveHolds")


def reserve(m, role="service", **line):
    """Holds one line for an order of its own, and returns the order's id."""
    order_id = f"ORD-{new_key()}"
    held = call(m, role, "warehouse.v1.WarehouseService/ReserveStock", order_id=order_id,
                items=[{**LINE, **line}]).reservation
    equal((held.order_id, held.status, len(held.items)), (order_id, HELD, 1))
    return order_id


def warehouse_v1_WarehouseService_ReserveStock(m):
    path = "warehouse.v1.WarehouseService/ReserveStock"
    order_id = reserve(m)
    reserve(m, "admin")
    refuses("FAILED_PRECONDITION", "PRODUCT_OUT_OF_STOCK", m, "service", path, order_id="ORD-1",
            items=[{**LINE, "product_id": "PROD-SHORT", "sku": "SKU-SHORT-001", "quantity": 2}])
    refuses("FAILED_PRECONDITION", "HOLD_MISMATCH", m, "service", path, order_id=order_id,
            items=[{**LINE, "quantity": 2}])


def warehouse_v1_WarehouseService_ConfirmReservation(m):
    path, order_id = "warehouse.v1.WarehouseService/ConfirmReservation", reserve(m)
    for _ in range(2):
        equal(list(call(m, "service", path, order_ids=[order_id, "ORD-NONE"]).statuses), [SOLD, UNSPECIFIED])
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "service", path)


def warehouse_v1_WarehouseService_ReleaseReservation(m):
    path, order_id = "warehouse.v1.WarehouseService/ReleaseReservation", reserve(m)
    for _ in range(2):
        equal(list(call(m, "service", path, order_ids=[order_id], reason="test").statuses), [GIVEN_BACK])
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "service", path)


def warehouse_v1_WarehouseService_ExtendReservation(m):
    path, order_id = "warehouse.v1.WarehouseService/ExtendReservation", reserve(m)
    equal(call(m, "service", path, order_id=order_id).reservation.status, HELD)
    refuses("NOT_FOUND", "HOLD_NOT_FOUND", m, "service", path, order_id="ORD-NONE")
    call(m, "service", "warehouse.v1.WarehouseService/ReleaseReservation", order_ids=[order_id])
    refuses("FAILED_PRECONDITION", "HOLD_CLOSED", m, "service", path, order_id=order_id)


def warehouse_v1_WarehouseService_AdjustStock(m):
    path, key = "warehouse.v1.WarehouseService/AdjustStock", new_key()
    change = {"sku": SKU, "warehouse_id": STORE, "quantity": 5, "reason": "delivery"}
    before = m.available(SKU)
    equal(call(m, "admin", path, key, **change).stock.available, before + 5)
    call(m, "admin", path, key, **change)
    equal(m.available(SKU), before + 5, "once per key")
    refuses("FAILED_PRECONDITION", "STOCK_BELOW_RESERVED", m, "admin", path,
            **{**change, "quantity": -1000000})
    refuses("NOT_FOUND", "SKU_NOT_FOUND", m, "admin", path, **{**change, "sku": "SKU-NONE", "quantity": -1})


def warehouse_v1_WarehouseService_GetStock(m):
    path = "warehouse.v1.WarehouseService/GetStock"
    for role in SUBJECTS:
        answer = call(m, role, path, sku=SKU, warehouse_id=STORE)
        equal((answer.sku, [stock.available for stock in answer.items]), (SKU, [m.available(SKU)]), role)
    refuses("NOT_FOUND", "SKU_NOT_FOUND", m, "customer", path, sku="SKU-NONE")


def pay(m, token="pm_1234567890", role="service"):
    payment_id = f"PAY-{new_key()}"
    return call(m, role, "payment.v1.PaymentService/ProcessPayment", payment_id=payment_id, order_id="ORD-1",
                customer_id="CUST-12345", amount_minor=4200, currency="USD", method="credit_card",
                token=token).payment


def payment_v1_PaymentService_ValidatePayment(m):
    path = "payment.v1.PaymentService/ValidatePayment"
    equal(call(m, "service", path, method="credit_card", token="pm_1234567890").valid, True)
    refused = call(m, "service", path, method="credit_card", token="nonsense")
    equal((refused.valid, refused.error), (False, "UNKNOWN_TOKEN"))
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "service", path, method="barter")


def payment_v1_PaymentService_ProcessPayment(m):
    path, paid = "payment.v1.PaymentService/ProcessPayment", pay(m)
    equal((paid.status, paid.amount.minor, paid.last4), (PAID, 4200, "4242"))
    declined = pay(m, "pm_card_declined")
    equal((declined.status, declined.error), (DECLINED, "CARD_DECLINED"))
    refuses("FAILED_PRECONDITION", "PAYMENT_MISMATCH", m, "service", path, payment_id=paid.payment_id,
            order_id="ORD-1", customer_id="CUST-12345", amount_minor=4201, currency="USD",
            method="credit_card", token="pm_1234567890")


def payment_v1_PaymentService_RefundPayment(m):
    path, payment_id = "payment.v1.PaymentService/RefundPayment", pay(m).payment_id
    for _ in range(2):
        refunded = call(m, "service", path, payment_id=payment_id, reason="test").payment
        equal((refunded.status, refunded.refunded.minor), (REFUNDED, 4200))
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "service", path)


def payment_v1_PaymentService_GetPayment(m):
    path, paid = "payment.v1.PaymentService/GetPayment", pay(m)
    equal(call(m, "admin", path, payment_id=paid.payment_id).payment, paid)
    refuses("NOT_FOUND", "PAYMENT_NOT_FOUND", m, "service", path, payment_id="PAY-NONE")


def no_method_was_left_out(m):
    for owner, names in ports(m).items():
        caller = caller_of(m, owner)
        for name in names:
            for method in caller.service(name).descriptor.methods:
                assert f"{name}.{method.name}".replace(".", "_") in globals(), \
                    f"nothing here calls {method.full_name}"


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


TESTS = [value for name, value in list(globals().items())
         if inspect.isfunction(value) and list(inspect.signature(value).parameters) == ["m"]]

if __name__ == "__main__":
    mode = sys.argv[1]
    main(TESTS, Millrace(f"reflection-{mode}", mode, port=1000 if mode == "standalone" else 1100))
