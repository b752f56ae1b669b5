"""What services.txt says of a service is what the service says of itself. Prints TAP."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

from millrace import ROOT, equal, run_tests
from services import FOLDERS, SERVED, SERVICES

MOST_SESSIONS = 40


def source_of(name):
    return (ROOT / FOLDERS[name] / "internal/server/server.c").read_text()


def is_declared(name):
    declared = re.search(rf"^const AppService {name}_app_service = \{{.*?^\}};", source_of(name),
                         re.DOTALL | re.MULTILINE)[0]
    return lambda line: line in declared


def ports_in_protos(name):
    return {int(port) for proto in (ROOT / "protos" / name).glob("**/*.proto")
            for port in re.findall(r"default_port: (\d+)", proto.read_text())}


def called_in_source(name):
    """A service names those that it calls; the gateway calls everybody who has REST routes."""
    array = re.search(r"RpcService \*const calls\[\] = \{(.*?)\}", source_of(name), re.DOTALL)
    return set(re.findall(r"&(\w+)_service_rpc", array[1])) if array else set()


def services_are_as_the_table_says():
    for service in SERVICES:
        declares = is_declared(service.name)
        equal((service.name, declares(f'.name = "{service.name}"')), (service.name, True))
        events = [word for word in ("consumes", "hints", "publishes") if declares(f".{word} = true")]
        equal((service.name, events), (service.name, sorted(service.events)))
        equal((service.name, declares(".schema = &")), (service.name, bool(service.port)))
        equal((service.name, ports_in_protos(service.name)), (service.name, {service.port} - {None}))
        calls = {s.name for s in SERVED} if declares("protos_services") else called_in_source(service.name)
        equal((service.name, calls), (service.name, set(service.calls)))


def a_service_may_consume_and_publish():
    with tempfile.TemporaryDirectory() as root:
        table = pathlib.Path(root, "tools/dev/services.txt")
        table.parent.mkdir(parents=True)
        table.write_text("both 1 consumes,publishes -\none 2 publishes -\nnone 3 - -\n")
        said = subprocess.check_output(["bash", "-euc", '. "$0"; echo "$CONSUMERS,$PUBLISHERS"',
                                        ROOT / "tools/dev/common.sh"], text=True,
                                       env={**os.environ, "ROOT": root})
        equal(said, " both, both one\n")


def those_that_call_others_have_a_key():
    """./dev asks for the keys of those, and makes all anew when one is not there."""
    source = (ROOT / "tools/millracectl/keys.c").read_text()
    rows = re.search(r"\} keys\[\] = \{(.*?)^\};", source, re.DOTALL | re.MULTILINE)[1]
    equal(set(re.findall(r'\{ "(\w+)",', rows)), {service.name for service in SERVICES if service.calls})


def the_one_process_has_them_all():
    main = (ROOT / "standalone/cmd/main.c").read_text()
    equal(set(re.findall(r"&(\w+)_app_service", main)), {service.name for service in SERVICES})


def they_open_40_sessions_at_most_together():
    """In both modes: a pool for each service, and the relay's for each that publishes."""
    pools = [int(number) for service in SERVICES
             for number in re.findall(r"\.n_sessions = (\d+)", source_of(service.name))]
    equal(len(pools), len(SERVED))
    source = (ROOT / "outbox-relay/internal/server/source.c").read_text()
    of_relay = int(re.search(r"#define N_CONNECTIONS (\d+)", source)[1])
    sessions = sum(pools) + of_relay * sum("publishes" in service.events for service in SERVICES)
    assert sessions <= MOST_SESSIONS, sessions


def security_says_what_each_publishes_and_hears():
    """Every user of NATS has its row; the relay publishes for those that have an outbox."""
    page = (ROOT / "SECURITY.md").read_text().split("## NATS")[1].split("\n## ")[0]
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    for word, told in (("consumes", "durable"), ("hints", "hints")):
        named = {name for row in rows if told in row for name in re.findall(r"`(\w+)`", row.split("|")[1])}
        equal((word, named), (word, {service.name for service in SERVICES if word in service.events}))
    equal([name for name in ("relay", "standalone", "reader") if f"| `{name}`" not in page], [])


def clients_says_which_calls_take_a_key():
    """Those that create things, or set and end rules, it names together."""
    page = (ROOT / "docs/clients.md").read_text().split("take an `Idempotency-Key`")[0]
    together = {"Create": " create ", "Set": " set ", "End": " end "}
    for service in SERVED:
        for proto in (ROOT / "protos" / service.name).glob("**/*.proto"):
            for rpc in proto.read_text().split("\n  rpc ")[1:]:
                name = rpc.split("(")[0]
                if "takes_key: true" in rpc.split("\n  }\n")[0]:
                    verb = re.match("[A-Z][a-z]+", name)[0]
                    assert name in page or together.get(verb, name) in page, \
                        f"docs/clients.md does not say that {name} takes a key"


NUMBER = re.compile(r'CONFIG_NUMBER\(\w+, \w+, "(\w+)",\s*("[^"]*"),\s*("[^"]*"|NULL),\s*([^,]+),\s*([^,]+),')


def a_variable_that_two_services_read_means_the_same_to_both():
    """Its default, unit and bounds stand in the table of each, since neither knows the other."""
    rows = {}
    for service in SERVICES:
        for name, *row in NUMBER.findall(source_of(service.name)):
            rows.setdefault(name, []).append(row)
    shared = {name: row for name, row in rows.items() if len(row) > 1}
    assert shared, "the check finds none"
    for name, (first, *others) in shared.items():
        for other in others:
            equal(other, first, name)


sys.exit(run_tests([services_are_as_the_table_says, a_service_may_consume_and_publish,
                    those_that_call_others_have_a_key,
                    security_says_what_each_publishes_and_hears, clients_says_which_calls_take_a_key,
                    the_one_process_has_them_all, they_open_40_sessions_at_most_together,
                    a_variable_that_two_services_read_means_the_same_to_both]) != 0)
