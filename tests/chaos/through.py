"""Starts a program with its addresses led through links: through.py PROGRAM [ARGUMENT...]

MILLRACE_LINKS has the links' ports by name, as JSON. A link to a database is named by who uses it (order-pg),
one to NATS or to a service by the program (relay-nats, order-payment); what has no link stays as it is.
MILLRACE_LINK_SUFFIX is what the links of a second process of a service have behind their names.
"""

import json
import os
import pathlib
import re
import sys

PORTS = json.loads(os.environ.get("MILLRACE_LINKS", "{}"))
SUFFIX = os.environ.get("MILLRACE_LINK_SUFFIX", "")
PROGRAM = pathlib.Path(sys.argv[1]).name.removeprefix("millrace-")


def link_of(variable):
    if found := re.fullmatch(r"MILLRACE_(\w+)_DSN", variable):
        return f"{found[1].lower()}-pg"
    if variable == "MILLRACE_RELAY_SOURCES":
        return "relay-pg"
    if variable == "MILLRACE_NATS_URL":
        return f"{PROGRAM}-nats"
    if found := re.fullmatch(r"MILLRACE_(\w+)_TARGET", variable):
        return f"{PROGRAM}-{found[1].lower()}"
    return None


def led_through(value, port):
    value = re.sub(r"host=\S+", "host=127.0.0.1", value)
    value = re.sub(r"port=\d+", f"port={port}", value)
    return re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{port}", value)


for name, value in list(os.environ.items()):
    port = PORTS.get(f"{link_of(name)}{SUFFIX}")
    if port:
        os.environ[name] = led_through(value, port)
os.execvp(sys.argv[1], sys.argv[1:])
