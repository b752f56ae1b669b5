"""The tables of the pages that say what the protos say: pages.py IMAGE ROOT writes them; with --check it
prints the pages that are behind, and fails when there are any.

IMAGE is a FileDescriptorSet with comments. A table stands between two lines:

    <!-- calls of order.v1 -->      the RPCs of the package's services
    <!-- reasons of order.v1 -->    why its calls fail
    <!-- statuses -->               the reasons of all packages that have an HTTP status of their own
    <!-- end -->
"""

import pathlib
import re
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

TABLE = re.compile(r"<!-- (calls|reasons|statuses)(?: of ([\w.]+))? -->\n.*?<!-- end -->\n", re.DOTALL)
# Field numbers of FileDescriptorProto, ServiceDescriptorProto and EnumDescriptorProto: the paths of comments
# are made of them.
FILE_ENUM, FILE_SERVICE, SERVICE_METHOD, ENUM_VALUE = 5, 6, 2, 2
VERBS = ("get", "post", "put", "patch", "delete")


class Protos:
    """The files of an image, with their comments and options."""

    def __init__(self, image):
        self.files = descriptor_pb2.FileDescriptorSet.FromString(image).file
        self._pool = descriptor_pool.DescriptorPool()
        for file in self.files:
            self._pool.Add(file)
        self._factory = message_factory.MessageFactory(self._pool)

    def of(self, package):
        found = [file for file in self.files if file.package == package]
        if not found:
            raise SystemExit(f"pages: there is no package {package}")
        return found

    def option(self, proto, extension):
        """The value of an option, known by its full name, of a method or of a value of an enum."""
        descriptor = self._pool.FindMessageTypeByName(proto.options.DESCRIPTOR.full_name)
        options = self._factory.GetPrototype(descriptor).FromString(proto.options.SerializeToString())
        return options.Extensions[self._pool.FindExtensionByName(extension)]

    def roles(self, numbers):
        values = self._pool.FindEnumTypeByName("common.v1.Role").values_by_number
        return ", ".join(values[number].name.removeprefix("ROLE_").lower() for number in numbers)


def comment_of(file, *path):
    for location in file.source_code_info.location:
        if tuple(location.path) == path:
            return " ".join(location.leading_comments.split())
    return ""


def code(text):
    return f"`{text}`"


def table(heads, rows):
    lines = [[f" {cell} " if cell else " " for cell in row] for row in (heads, *rows)]
    lines.insert(1, ["---"] * len(heads))
    return "".join(f"|{'|'.join(line)}|\n" for line in lines)


def route_of(protos, method):
    rule = protos.option(method, "google.api.http")
    return next((code(f"{verb.upper()} {getattr(rule, verb)}") for verb in VERBS if getattr(rule, verb)), "")


def calls(protos, package):
    rows = []
    for file in protos.of(package):
        for i, service in enumerate(file.service):
            for k, method in enumerate(service.method):
                rules = protos.option(method, "common.v1.method")
                errors = ", ".join(code(name.split(".")[-1]) for name in rules.errors)
                comment = comment_of(file, FILE_SERVICE, i, SERVICE_METHOD, k)
                rows.append([f"{method.name}: {comment}", route_of(protos, method),
                             protos.roles(rules.access), errors])
    return table(["RPC", "REST", "for", "reasons"], rows)


def reasons_in(protos, file):
    """Each reason with its rules and its meaning."""
    for i, enum in enumerate(file.enum_type):
        for k, value in enumerate(enum.value if enum.name == "Reason" else []):
            if value.number:
                yield (value.name.removeprefix("REASON_"), protos.option(value, "common.v1.reason"),
                       comment_of(file, FILE_ENUM, i, ENUM_VALUE, k))


def reasons(protos, package):
    rows = [[code(name), "every call" if rules.every_call else "", str(rules.http_status or ""), meaning]
            for file in protos.of(package) for name, rules, meaning in reasons_in(protos, file)]
    kept = [k for k in range(4) if any(row[k] for row in rows)]
    heads = ["reason", "of", "HTTP", "means"]
    return table([heads[k] for k in kept], [[row[k] for k in kept] for row in rows])


def statuses(protos, _):
    found = {}
    for file in protos.files:
        for name, rules, _ in reasons_in(protos, file):
            if rules.http_status:
                found.setdefault(rules.http_status, []).append(code(name))
    return table(["status", "reasons"], [[str(status), ", ".join(found[status])] for status in sorted(found)])


def written(protos, page):
    """The page with its tables as they should be."""
    tables = {"calls": calls, "reasons": reasons, "statuses": statuses}

    def write(found):
        first = found[0].split("\n")[0]
        return f"{first}\n\n{tables[found[1]](protos, found[2])}\n<!-- end -->\n"

    return TABLE.sub(write, page)


def main():
    protos = Protos(pathlib.Path(sys.argv[1]).read_bytes())
    root, is_check = pathlib.Path(sys.argv[2]), "--check" in sys.argv
    behind = []
    for path in [*sorted(root.glob("*.md")), *sorted(root.glob("*/*.md"))]:
        text = path.read_text(encoding="utf-8")
        should = written(protos, text)
        if text != should:
            behind.append(path.relative_to(root))
            if not is_check:
                path.write_text(should, encoding="utf-8")
    for path in behind:
        print(f"{path} is behind: ./dev pages" if is_check else f"wrote {path}")
    sys.exit(1 if is_check and behind else 0)


if __name__ == "__main__":
    main()
