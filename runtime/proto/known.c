#include "proto/known.h"

#include "base/money.h"
#include "proto/field.h"

static FieldValue get(const ProtobufCMessage *message, const char *name) {
        return proto_field_get(message, proto_field_named(message->descriptor, name));
}

static void put(Arena *arena, ProtobufCMessage *message, const char *name, FieldValue value) {
        proto_field_put(arena, message, proto_field_named(message->descriptor, name), value);
}

bool proto_known_get_money(const ProtobufCMessage *money, int64_t *ret_minor, const char **ret_currency) {
        const char *currency = get(money, "currency").text;

        if (!currency || money_decimals(currency) < 0)
                return false;
        *ret_minor = get(money, "minor").int64;
        *ret_currency = currency;
        return true;
}

bool proto_known_get_timestamp(const ProtobufCMessage *message, Timestamp *ret_time) {
        Timestamp time = { .seconds = get(message, "seconds").int64, .nanos = get(message, "nanos").int32 };

        if (time.seconds < TIMESTAMP_MIN_SECONDS || time.seconds > TIMESTAMP_MAX_SECONDS || time.nanos < 0 ||
            time.nanos > TIMESTAMP_MAX_NANOS)
                return false;
        *ret_time = time;
        return true;
}

ProtobufCMessage *proto_known_new_timestamp(Arena *arena, const MessageInfo *info, Timestamp time) {
        ProtobufCMessage *message = proto_message_new(arena, info);

        put(arena, message, "seconds", (FieldValue) { .int64 = time.seconds });
        put(arena, message, "nanos", (FieldValue) { .int32 = time.nanos });
        return message;
}
