#include "unpack.h"

#include "model.h"

static void *allocate(void *arena, size_t n_bytes) {
        return arena_alloc(arena, n_bytes);
}

static void keep(void *arena, void *pointer) {
        (void) arena;
        (void) pointer;
}

const Error *unpack(Arena *arena, const ProtobufCMessageDescriptor *descriptor, Bytes bytes,
                    ProtobufCMessage **ret_message) {
        ProtobufCAllocator allocator = { .alloc = allocate, .free = keep, .allocator_data = arena };
        ProtobufCMessage *message =
                protobuf_c_message_unpack(descriptor, &allocator, bytes.n_bytes, bytes.data);

        if (!message)
                return error_new(arena, ERROR_INVALID_ARGUMENT, INNER_INVALID_PROTO, "not a %s",
                                 descriptor->name);
        *ret_message = message;
        return NULL;
}
