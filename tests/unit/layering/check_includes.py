"""Who may include what: check_includes.py ROOT prints every line of the project that breaks the rules
below."""

import fnmatch
import os
import re
import sys

# What is included is named by where it comes from:
#   c/stdio.h                    the C standard library      os/sys/socket.h       POSIX and Linux
#   lib/libpq-fe.h               a library                   runtime/pg/pool.h     the runtime
#   protos/order/v1/order.rpc.h  generated code              order/biz/order.h     a layer of a service
#   reasons/order/v1/order.reasons.h  the reasons of a package
# math.h and float.h are left out on purpose: nothing here computes with floating point.
C_HEADERS = """assert ctype errno inttypes limits signal stdarg stdatomic stdbool stddef stdint stdio stdlib
string time"""
OS_HEADERS = """arpa/* dirent.h endian.h fcntl.h getopt.h glob.h ifaddrs.h linux/* malloc.h net/* netdb.h
netinet/* poll.h pthread.h pwd.h sched.h semaphore.h spawn.h strings.h sys/* syslog.h termios.h unistd.h"""

RUNTIME_PARTS = "app auth base bus crypt events http json pg proto rpc".split()
LAYERS = "biz data service server".split()

# Patterns of what a part may include, beside itself and what LIBRARIES gives it; {service} is the part's own.
# A pattern behind a ! takes away again. What is called *_private.h stays in its part, whatever stands here.
ALLOWED = {
    "runtime/base": "c os reasons/common",
    "runtime/proto": "c runtime/base protos/common protos/google",
    "runtime/json": "c runtime/base runtime/proto",
    "runtime/pg": "c os runtime/base",
    "runtime/bus": "c os runtime/base",
    "runtime/events": "c os runtime/base runtime/proto runtime/json runtime/pg runtime/bus",
    "runtime/http": "c os runtime/base",
    "runtime/auth": "c os runtime/base",
    "runtime/crypt": "c os runtime/base",
    "runtime/rpc": "c os runtime/base runtime/proto runtime/auth"
                   " protos/google protos/grpc protos/common",
    "runtime/app": "c os runtime/base runtime/proto runtime/json runtime/pg runtime/bus runtime/events"
                   " runtime/auth runtime/rpc runtime/http protos/customer",
    "*/biz": "c runtime/base reasons/{service}",
    "*/data": "c runtime/base runtime/pg runtime/events/outbox.h runtime/json runtime/proto runtime/auth"
              " runtime/crypt {service}/biz protos !protos/{service} reasons",
    "*/service": "c runtime/base runtime/proto {service}/biz protos/{service} protos/common",
    "*/server": "c os runtime {service} protos",
    "*/cmd": "c os runtime {service}/server protos",
    "gateway": "c os runtime/base runtime/proto runtime/json runtime/auth runtime/rpc runtime/http"
               " runtime/app protos reasons/gateway",
    "standalone": "c os runtime !runtime/pg */server protos",
    "tools/rpcgen": "c os runtime/base protos",
    "tools/millracectl": "c os runtime protos",
    "tests": "*",
}

# Where each library's headers may be included.
LIBRARIES = {
    "libpq-fe.h": "runtime/pg",
    "grpc/*": "runtime/rpc",
    "zlib.h": "runtime/rpc",
    "nats/*": "runtime/bus",
    "yajl/*": "runtime/json",
    "cjose/*": "runtime/auth",
    "jansson.h": "runtime/auth",
    "openssl/*": "runtime/auth",
    "sodium.h": "runtime/crypt",
    "protobuf-c/*": "runtime/proto runtime/json runtime/rpc tools/rpcgen",
    "check.h": "",
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def part_of(path):
    """The part that a file of the project belongs to: runtime/pg, order/biz, order/cmd, gateway, tests ..."""
    folders = path.split("/")
    if folders[0] in ("runtime", "tools"):
        return "/".join(folders[:2])
    if folders[0] in ("tests", "standalone", "gateway"):
        return folders[0]
    if len(folders) > 2 and folders[1] == "internal":
        return f"{folders[0]}/{folders[2]}"
    return "/".join(folders[:2])


def name_of_library(header):
    if header.removesuffix(".h") in C_HEADERS.split():
        return f"c/{header}"
    if any(fnmatch.fnmatch(header, pattern) for pattern in OS_HEADERS.split()):
        return f"os/{header}"
    return f"lib/{header}"


def name_of(path, bracket, header):
    """What path includes, named as in the table above."""
    first = header.split("/")[0]
    if bracket == "<":
        return name_of_library(header)
    if header.endswith((".pb-c.h", ".rpc.h")):
        return f"protos/{header}"
    if header.endswith(".reasons.h"):
        return f"reasons/{header}"
    if first in RUNTIME_PARTS:
        return f"runtime/{header}"
    if first in LAYERS and part_of(path) != "tests":
        return f"{path.split('/')[0]}/{header}"
    if "/internal/" in header and first != "..":
        return header.replace("/internal/", "/", 1)
    beside = os.path.normpath(os.path.join(os.path.dirname(path), header))
    return f"{part_of(beside)}/{os.path.basename(beside)}"


def matches(name, pattern):
    return pattern == "*" or fnmatch.fnmatch(name, pattern) or fnmatch.fnmatch(name, f"{pattern}/*")


def rule_of(part):
    for pattern, rule in ALLOWED.items():
        if fnmatch.fnmatch(part, pattern):
            return rule.replace("{service}", part.split("/")[0]).split()
    return None


def is_allowed(part, name):
    if name.startswith("lib/") and part != "tests":
        places = [places for header, places in LIBRARIES.items() if fnmatch.fnmatch(name, f"lib/{header}")]
        return bool(places) and part in places[0].split()
    if name.endswith("_private.h") and part != "tests":
        return matches(name, part)
    rule = rule_of(part)
    if any(matches(name, pattern[1:]) for pattern in rule if pattern.startswith("!")):
        return False
    return matches(name, part) or any(matches(name, pattern) for pattern in rule)


def files_of(root):
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders if not f.startswith((".", "build")) and f != "node_modules")
        for name in sorted(names):
            if name.endswith((".c", ".h")):
                yield os.path.relpath(os.path.join(folder, name), root)


def violations_in(root, path):
    part = part_of(path)
    if rule_of(part) is None:
        yield f"{path}:1: {part} is no part that the rules know"
        return
    with open(os.path.join(root, path), encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            include = INCLUDE.match(line)
            if include and not is_allowed(part, name_of(path, *include.groups())):
                yield f"{path}:{number}: {part} may not include {name_of(path, *include.groups())}"


def violations(root):
    return [violation for path in files_of(root) for violation in violations_in(root, path)]


if __name__ == "__main__":
    found = violations(sys.argv[1])
    print("\n".join(found))
    sys.exit(1 if found else 0)
