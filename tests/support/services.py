"""The services of tools/dev/services.txt."""

import collections
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]

# name; port: of gRPC, None without; events: of "publishes", "consumes" and "hints"; calls: names
Service = collections.namedtuple("Service", "name port events calls")


def read_services():
    lines = (ROOT / "tools/dev/services.txt").read_text().splitlines()
    for line in (line.split() for line in lines if not line.startswith("#")):
        name, port, events, calls = ([] if word == "-" else word.split(",") for word in line)
        yield Service(name[0], int(port[0]) if port else None, events, calls)


SERVICES = list(read_services())
SERVED = [service for service in SERVICES if service.port]  # and with a database
FOLDERS = {service.name: service.name for service in SERVICES} | {"relay": "outbox-relay"}
PUBLISHERS = [service.name for service in SERVICES if "publishes" in service.events]
# Consumer -> the type of the aggregates whose events it takes: orders, where nothing else is said.
CONSUMERS = {service.name: "order" for service in SERVICES if "consumes" in service.events} | {
    "order": "shipment"}
