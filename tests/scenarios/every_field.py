"""Every field of every request, one after the other: left out, at its limits, and beyond them.

bad_input.py runs it."""

import copy
import sys

import grpc
from google.protobuf import json_format

from grpc_calls import OWNERS, caller_of, hang_up
from grpc_client import violations_of
from millrace import equal, new_key, tests_in

LONGEST = 4096  # of a text whose rules name no limit
NOBODYS = 99    # no enum has as many values
# What is more than a text, by the name of its field.
WORDS = {"email": lambda: f"{new_key()}@example.com", "password": lambda: "eight or more",
         "country": lambda: "US", "currency": lambda: "USD", "from_currency": lambda: "EUR"}
WHOLE = ("google.protobuf.Timestamp", "common.v1.Money")  # their fields have no rules of their own


class Requests:
    """The requests of a service, and the rules that its descriptor carries."""

    def __init__(self, m, name):
        self.caller = caller_of(m, OWNERS[name])
        self.service = self.caller.service(name)
        self.pool = self.service.messages.pool

    def options(self, described, kind, extension):
        packed = described.GetOptions().SerializeToString()
        options = self.service.messages[f"google.protobuf.{kind}"].FromString(packed)
        return options.Extensions[self.pool.FindExtensionByName(extension)]

    def rules(self, field):
        return self.options(field, "FieldOptions", "common.v1.field")

    def fill(self, message):
        """What a request must say and no more: a number is the least that it may be."""
        said = {}
        for field in message.fields:
            rules = self.rules(field)
            if rules.required or (rules.range.min > 0 and field.label != field.LABEL_REPEATED):
                said[field.json_name] = self.value(field)
        return said

    def value(self, field):
        one = self.item(field)
        return [one] if field.label == field.LABEL_REPEATED else one

    def item(self, field):
        rules = self.rules(field)
        if field.message_type:
            return None if field.message_type.full_name in WHOLE else self.fill(field.message_type)
        if field.enum_type:
            return 1
        if field.type == field.TYPE_STRING:
            return rules.allowed[0] if rules.allowed else WORDS.get(field.name, lambda: "x")()
        return rules.range.min

    def places(self, message, said, at=()):
        """Each field of a request, however deep, with the keys that lead to it and a request that says it."""
        for field in message.fields:
            value = said.get(field.json_name)
            value = self.value(field) if value is None else value
            if value is None or value == [None]:
                continue
            here = (*at, field.json_name)
            yield field, here, {**said, field.json_name: value}
            if not field.message_type:
                continue
            is_list = field.label == field.LABEL_REPEATED
            for below, keys, inner in self.places(field.message_type, value[0] if is_list else value,
                                                  (*here, 0) if is_list else here):
                yield below, keys, {**said, field.json_name: [inner] if is_list else inner}

    def roles(self, method):
        return [role.removeprefix("ROLE_").lower() for role in sorted(self.service.rules(method.name))]

    def refusal(self, method, said):
        """What is wrong with it, as pairs of a path and words; nothing, too, when something else is."""
        request = self.service.request(method.name)
        json_format.ParseDict(said, request, descriptor_pool=self.pool)
        role = self.roles(method)[0]
        metadata = self.caller.metadata(None if role == "anyone" else role)
        try:
            self.service.method(method.name)(request, metadata=metadata, timeout=20)
            return []
        except grpc.RpcError as error:
            assert error.code().name not in ("INTERNAL", "UNKNOWN"), f"{method.full_name} {said}: {error}"
            return violations_of(error)


def text_of(keys):
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys)[1:]


def put(said, keys, value):
    """A copy with another value there; None: without it."""
    changed = place = copy.deepcopy(said)
    for key in keys[:-1]:
        place = place[key]
    if value is None:
        del place[keys[-1]]
    else:
        place[keys[-1]] = value
    return changed


def limits(field, rules):
    """Values that its rules take, those that they do not take, and a word of how that is told."""
    if field.type == field.TYPE_STRING and rules.allowed:
        return list(rules.allowed), [f"{rules.allowed[0]}s"], "must be one of"
    if field.type == field.TYPE_STRING:
        longest = rules.max_bytes or LONGEST
        return ["x" * longest], ["x" * (longest + 1), "é" * (longest // 2 + 1)], "bytes"
    if field.enum_type:
        return [1], [NOBODYS, -1], "must be one of"
    if rules.HasField("range"):
        beyond = (rules.range.min - 1, rules.range.max + 1)
        return ([rules.range.min, rules.range.max],
                [n for n in beyond if -2 ** 63 <= n < 2 ** 63], "must be between")
    return [], [], ""


def is_told(violations, keys, word):
    return any(path == text_of(keys) and word in said for path, said in violations)


def check_limits(requests, method, field, keys, said):
    is_list = field.label == field.LABEL_REPEATED
    rules = requests.rules(field)
    at = (*keys, 0) if is_list else keys
    good, bad, word = limits(field, rules)
    for value in good + bad:
        told = requests.refusal(method, put(said, at, value))
        equal(is_told(told, at, word), value in bad,
              f"{method.full_name} {text_of(at)} {value!r:.60}: {told}")
    if is_list and rules.max_items:
        item = requests.item(field)
        for n in (rules.max_items, rules.max_items + 1):
            told = requests.refusal(method, put(said, keys, [item] * n))
            equal(is_told(told, keys, "items"), n > rules.max_items,
                  f"{method.full_name} {text_of(keys)} {n}")


def check_absence(requests, method, field, keys, said):
    told = requests.refusal(method, put(said, keys, None))
    if requests.rules(field).required:
        assert is_told(told, keys, "is required"), f"{method.full_name} without {text_of(keys)}: {told}"


def every_field_is_missed_or_taken_at_its_limits_and_refused_beyond_them(m):
    hang_up()
    for name in OWNERS:
        requests = Requests(m, name)
        for method in requests.service.descriptor.methods:
            for field, keys, said in requests.places(method.input_type, requests.fill(method.input_type)):
                check_absence(requests, method, field, keys, said)
                check_limits(requests, method, field, keys, said)


TESTS = tests_in(sys.modules[__name__])
