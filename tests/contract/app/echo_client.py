"""A gRPC client that knows only the reflection protocol: everything else it asks the server."""


from google.protobuf import descriptor_pb2, descriptor_pool, message_factory


def _load_set(path):
    with open(path, "rb") as file:
        return descriptor_pb2.FileDescriptorSet.FromString(file.read())


class Messages:
    """Message classes of a pool by their full names."""

    def __init__(self):
        self.pool = descriptor_pool.DescriptorPool()
        self._factory = message_factory.MessageFactory(self.pool)

    def __getitem__(self, name):
        return self._factory.GetPrototype(self.pool.FindMessageTypeByName(name))


class Reflection:
    """The reflection service in one of its two versions."""

    def __init__(self, channel, version, image):
        self.package = f"grpc.reflection.{version}"
        self._messages = Messages()
        for file in _load_set(image).file:
            self._messages.pool.Add(file)
        self._call = channel.stream_stream(
            f"/{self.package}.ServerReflection/ServerReflectionInfo",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=self._messages[f"{self.package}.ServerReflectionResponse"].FromString)

    def ask(self, *questions):
        request = self._messages[f"{self.package}.ServerReflectionRequest"]
        return list(self._call(iter([request(**question) for question in questions]), timeout=5))

    def ask_one(self, **question):
        answers = self.ask(question)
        assert len(answers) == 1, answers
        return answers[0]

    def services(self):
        return sorted(service.name for service in self.ask_one(list_services="*").list_services_response.service)

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
        self.messages = Messages()
        for file in reflection.files_of(name):
            self.messages.pool.Add(file)
        self.descriptor = self.messages.pool.FindServiceByName(name)
        self._channel = channel

    def method(self, name):
        method = self.descriptor.methods_by_name[name]
        streams = any(m.name == name and m.server_streaming for m in self._proto().method)
        make = self._channel.unary_stream if streams else self._channel.unary_unary
        return make(f"/{self.descriptor.full_name}/{name}",
                    request_serializer=lambda message: message.SerializeToString(),
                    response_deserializer=self.messages[method.output_type.full_name].FromString)

    def request(self, name, **fields):
        return self.messages[self.descriptor.methods_by_name[name].input_type.full_name](**fields)

    def _proto(self):
        proto = descriptor_pb2.ServiceDescriptorProto()
        self.descriptor.CopyToProto(proto)
        return proto
