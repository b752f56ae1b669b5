"""Calls over gRPC as somebody in a role, with nothing but what reflection tells of the services."""

import functools

import grpc

from grpc_client import Reflection, Service, reason_of
from millrace import equal
from services import SERVED

OWNERS = {f"{service.name}.v1.{service.name.capitalize()}Service": service.name for service in SERVED}
SUBJECTS = {"customer": "CUST-12345", "seller": "SELLER-1", "admin": "USER-ADMIN", "service": "order"}


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
