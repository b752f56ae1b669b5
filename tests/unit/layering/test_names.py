"""Every name that a part exports begins with the part's own, so that no two parts can clash. Prints TAP."""

import pathlib
import subprocess
import sys

# What the exported names of a part begin with; a part that is not listed: its name. base lies below all
# others: its names begin with those of its files.
PREFIXES = {
    "runtime/events": "event_ inbox_ outbox_",
    "outbox-relay": "relay_",
    "runtime/base": "arena_ base64 breaker_ callee_ card_ clock_ config_ ctx_ error_ fault_"
                    " idempotency_ last_said_ log_ loop_ many_ metric_ metrics_ money_ monitor_ secret_ str_"
                    " strbuf_ task_ trace_ uuid_ word_ workers_",
}
EXEMPT = {"runtime_schema"}  # what embed_sql.sh calls the runtime's own migrations


def part_of(library):
    """runtime/pg for runtime/pg/libpg.a, order for liborder_biz.a"""
    folders = library.parent.parts
    if folders:
        return "/".join(folders[:2])
    return library.name.removeprefix("lib").split("_")[0]


def prefixes_of(part):
    return tuple(PREFIXES.get(part, f"{part.split('/')[-1]}_").split())


def foreign(part, names):
    return [name for name in names if name not in EXEMPT and not name.startswith(prefixes_of(part))]


def names_in(output):
    """Those of nm's lines, among which a line for each file of the library ends with a colon."""
    names = {line.split()[0] for line in output.split("\n") if len(line.split()) > 2 and line[-1] != ":"}
    return sorted(name for name in names if "." not in name)  # those are the compiler's, as of sanitizers


def exported(path):
    return names_in(subprocess.run(["nm", "--defined-only", "--extern-only", "-P", path],
                                   capture_output=True, text=True, check=True).stdout)


def libraries(root):
    """Ours: not what is generated, nor what tests are made of."""
    for path in sorted(root.rglob("lib*.a")):
        library = path.relative_to(root)
        if library.parts[0] not in ("protos", "tests", "tools"):
            yield library


def notices():
    return [not foreign("runtime/pg", ["pg_run", "runtime_schema"]), foreign("runtime/pg", ["run"]),
            not foreign("order", ["order_pay"]), foreign("order", ["pay"]),
            foreign("warehouse", ["inventory_move"]), not foreign("outbox-relay", ["relay_judge"]),
            foreign("runtime/rpc", ["server_start"]), not foreign("runtime/base", ["str_equal"]),
            names_in("/my own build/libpg.a[pool.c.o]:\npg_run T 0 1\n") == ["pg_run"],
            part_of(pathlib.Path("runtime/pg/libpg.a")) == "runtime/pg",
            part_of(pathlib.Path("liborder_biz.a")) == "order",
            part_of(pathlib.Path("outbox-relay/librelay_biz.a")) == "outbox-relay"]


def main():
    root = pathlib.Path(sys.argv[1])
    found = list(libraries(root))
    problems = [f"{library}: {name}" for library in found
                for name in foreign(part_of(library), exported(root / library))]
    tests = [
        ("the check notices a name without its part's", [] if all(notices()) else ["it does not"]),
        ("there are libraries to look at", [] if len(found) > 20 else [f"{len(found)}"]),
        ("every exported name begins with its part's", problems),
    ]
    print(f"1..{len(tests)}")
    for number, (name, details) in enumerate(tests, 1):
        print(f"{'not ok' if details else 'ok'} {number} - {name}")
        for detail in details:
            print(f"# {detail}")
    sys.exit(any(details for _, details in tests))


if __name__ == "__main__":
    main()
