#include "proto/message.h"

#include "proto/wire_private.h"

/* Hands out arena memory until the budget is spent; then protobuf-c gives up by itself. */
typedef struct Budget {
        Arena *arena;
        size_t left_bytes;
} Budget;

static void *budget_alloc(void *self, size_t n_bytes) {
        Budget *budget = self;
        size_t used_before_bytes = arena_used_bytes(budget->arena);

        if (n_bytes > budget->left_bytes)
                return NULL;
        void *memory = arena_alloc(budget->arena, n_bytes);
        size_t taken_bytes = arena_used_bytes(budget->arena) - used_before_bytes;
        budget->left_bytes -= taken_bytes < budget->left_bytes ? taken_bytes : budget->left_bytes;
        return memory;
}

/* The arena frees everything together. */
static void budget_free(void *self, void *memory) {
        (void) self;
        (void) memory;
}

static const Error *refuse(Arena *arena, const MessageInfo *info, const char *what, size_t limit_bytes) {
        return error_new(arena, ERROR_INVALID_ARGUMENT, REASON_INVALID_REQUEST, "%s %s more than %zu bytes",
                         info->descriptor->name, what, limit_bytes);
}

const Error *proto_message_unpack(Arena *arena, const MessageInfo *info, Bytes bytes,
                                  ProtobufCMessage **ret_message) {
        Budget budget = { .arena = arena, .left_bytes = MESSAGE_BUDGET_BYTES };
        ProtobufCAllocator allocator = { budget_alloc, budget_free, &budget };

        if (bytes.n_bytes > MESSAGE_MAX_BYTES)
                return refuse(arena, info, "has", MESSAGE_MAX_BYTES);
        TRY(proto_wire_check(arena, info->descriptor, bytes));
        ProtobufCMessage *message =
                protobuf_c_message_unpack(info->descriptor, &allocator, bytes.n_bytes, bytes.data);
        if (!message)
                return refuse(arena, info, "unpacks to", MESSAGE_BUDGET_BYTES);
        *ret_message = message;
        return NULL;
}

Bytes proto_message_pack(Arena *arena, const ProtobufCMessage *message) {
        size_t n_bytes = protobuf_c_message_get_packed_size(message);
        uint8_t *data = arena_alloc(arena, n_bytes);

        protobuf_c_message_pack(message, data);
        return (Bytes) { .data = data, .n_bytes = n_bytes };
}

ProtobufCMessage *proto_message_new(Arena *arena, const MessageInfo *info) {
        ProtobufCMessage *message = arena_alloc(arena, info->descriptor->sizeof_message);

        protobuf_c_message_init(info->descriptor, message);
        return message;
}
