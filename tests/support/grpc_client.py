"""A gRPC client that knows only the reflection protocol: everything else it asks the server.

The protocol is written down here once more, by the numbers of the gRPC project, and not taken from protos/:
a server that speaks another one is found out.
"""

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

TEXT, BYTES, INT32 = (getattr(descriptor_pb2.FieldDescriptorProto, f"TYPE_{name}")
                      for name in ("STRING", "BYTES", "INT32"))

# Message -> field -> (number, type); a list of one type is repeated, a name is another message.
REFLECTION = {
    "ServerReflectionRequest": {
        "host": (1, TEXT), "file_by_filename": (3, TEXT), "file_containing_symbol": (4, TEXT),
        "file_containing_extension": (5, "ExtensionRequest"), "all_extension_numbers_of_type": (6, TEXT),
        "list_services": (7, TEXT)},
    "ExtensionRequest": {"containing_type": (1, TEXT), "extension_number": (2, INT32)},
    "ServerReflectionResponse": {
        "valid_host": (1, TEXT), "original_request": (2, "ServerReflectionRequest"),
        "file_descriptor_response": (4, "FileDescriptorResponse"),
        "all_extension_numbers_response": (5, "ExtensionNumberResponse"),
        "list_services_response": (6, "ListServiceResponse"), "error_response": (7, "ErrorResponse")},
    "FileDescriptorResponse": {"file_descriptor_proto": (1, [BYTES])},
    "ExtensionNumberResponse": {"base_type_name": (1, TEXT), "extension_number": (2, [INT32])},
    "ListServiceResponse": {"service": (1, ["ServiceResponse"])},
    "ServiceResponse": {"name": (1, TEXT)},
    "ErrorResponse": {"error_code": (1, INT32), "error_message": (2, TEXT)},
}
REFLECTION_ONEOF = {"ServerReflectionRequest": ("message_request", 3),
                    "ServerReflectionResponse": ("message_response", 4)}

STATUS = {
    "Status": {"code": (1, INT32), "message": (2, TEXT), "details": (3, ["Any"])},
    "Any": {"type_url": (1, TEXT), "value": (2, BYTES)},
    "ErrorInfo": {"reason": (1, TEXT), "domain": (2, TEXT)},
    "BadRequest": {"field_violations": (1, ["FieldViolation"])},
    "FieldViolation": {"field": (1, TEXT), "description": (2, TEXT)},
}


def _describe(package, messages, oneofs=None):
    """The file that defines messages of a table as above; oneofs: message -> (name, its first field's
    number)."""
    file = descriptor_pb2.FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto3")
    for message, fields in messages.items():
        described = file.message_type.add(name=message)
        oneof, first = (oneofs or {}).get(message, (None, 0))
        if oneof:
            described.oneof_decl.add(name=oneof)
        for name, (number, kind) in fields.items():
            field = described.field.add(name=name, number=number, label="LABEL_OPTIONAL")
            if isinstance(kind, list):
                field.label, kind = field.LABEL_REPEATED, kind[0]
            if isinstance(kind, str):
                field.type, field.type_name = field.TYPE_MESSAGE, f".{package}.{kind}"
            else:
                field.type = kind
            if oneof and number >= first:
                field.oneof_index = 0
    return file


class Messages:
    """Message classes by their full names, made from files."""

    def __init__(self, *files):
        self.pool = descriptor_pool.DescriptorPool()
        self._factory = message_factory.MessageFactory(self.pool)
        for file in files:
            self.pool.Add(file)

    def __getitem__(self, name):
        return self._factory.GetPrototype(self.pool.FindMessageTypeByName(name))


class Reflection:
    """The reflection service in one of its two versions."""

    def __init__(self, channel, version):
        package = f"grpc.reflection.{version}"
        messages = Messages(_describe(package, REFLECTION, REFLECTION_ONEOF))
        self._request = messages[f"{package}.ServerReflectionRequest"]
        self._call = channel.stream_stream(
            f"/{package}.ServerReflection/ServerReflectionInfo",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=messages[f"{package}.ServerReflectionResponse"].FromString)

    def ask(self, *questions):
        return list(self._call(iter([self._request(**question) for question in questions]), timeout=5))

    def ask_one(self, **question):
        answers = self.ask(question)
        assert len(answers) == 1, answers
        return answers[0]

    def services(self):
        return sorted(service.name
                      for service in self.ask_one(list_services="*").list_services_response.service)

    def files_of(self, symbol):
        """The file that defines a symbol, after all that it imports."""
        loaded = {}

        def load(answer):
            for packed in answer.file_descriptor_response.file_descriptor_proto:
                file = descriptor_pb2.FileDescriptorProto.FromString(packed)
                for name in file.dependency:
                    if name not in loaded:
                        load(self.ask_one(file_by_filename=name))
                loaded.setdefault(file.name, file)

        load(self.ask_one(file_containing_symbol=symbol))
        return list(loaded.values())


class Service:
    """A service as reflection describes it, ready to be called."""

    def __init__(self, channel, reflection, name):
        self.messages = Messages(*reflection.files_of(name))
        self.descriptor = self.messages.pool.FindServiceByName(name)
        self._channel = channel

    def method(self, name):
        method = self.descriptor.methods_by_name[name]
        make = self._channel.unary_stream if self._proto(name).server_streaming else self._channel.unary_unary
        return make(f"/{self.descriptor.full_name}/{name}",
                    request_serializer=lambda message: message.SerializeToString(),
                    response_deserializer=self.messages[method.output_type.full_name].FromString)

    def request(self, name, /, **fields):
        return self.messages[self.descriptor.methods_by_name[name].input_type.full_name](**fields)

    def rules(self, name):
        """Who may call a method, by the names of their roles: the option that its descriptor carries."""
        options = self.messages["google.protobuf.MethodOptions"].FromString(
            self._proto(name).options.SerializeToString())
        extension = self.messages.pool.FindExtensionByName("common.v1.method")
        roles = self.messages.pool.FindEnumTypeByName("common.v1.Role").values_by_number
        return {roles[number].name for number in options.Extensions[extension].access}

    def _proto(self, name):
        proto = descriptor_pb2.ServiceDescriptorProto()
        self.descriptor.CopyToProto(proto)
        return next(method for method in proto.method if method.name == name)


def details_of(error):
    """The packed google.rpc.Status that an RpcError carries."""
    return {entry.key: entry.value
            for entry in error.trailing_metadata()}.get("grpc-status-details-bin", b"")


def _detail_of(error, kind):
    """The detail of that kind that an RpcError carries in its status; None without one."""
    messages = Messages(_describe("status", STATUS))
    for detail in messages["status.Status"].FromString(details_of(error)).details:
        if detail.type_url == f"type.googleapis.com/google.rpc.{kind}":
            return messages[f"status.{kind}"].FromString(detail.value)
    return None


def reason_of(error):
    """The reason that an RpcError carries in its status details; None without one."""
    info = _detail_of(error, "ErrorInfo")
    return info and info.reason


def violations_of(error):
    """What an RpcError says of fields: pairs of a path and what is wrong there."""
    bad = _detail_of(error, "BadRequest")
    return [(violation.field, violation.description) for violation in bad.field_violations] if bad else []
