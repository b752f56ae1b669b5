/* The messages that the runtime understands, by their fields' names: Money and Timestamp. */
#pragma once

#include "proto/message.h"

typedef struct Timestamp {
        int64_t seconds; /* since 1970 */
        int32_t nanos;   /* 0..999,999,999 */
} Timestamp;

/* The years 1 to 9999, which RFC 3339 can write. */
#define TIMESTAMP_MIN_SECONDS INT64_C(-62135596800)
#define TIMESTAMP_MAX_SECONDS INT64_C(253402300799)
#define TIMESTAMP_MAX_NANOS 999999999

/* False when its currency is not one of base/money.h; the text is borrowed. */
bool proto_known_get_money(const ProtobufCMessage *money, int64_t *ret_minor, const char **ret_currency)
        __attribute__((warn_unused_result));

/* False when it is out of range. */
bool proto_known_get_timestamp(const ProtobufCMessage *message, Timestamp *ret_time)
        __attribute__((warn_unused_result));

/* A google.protobuf.Timestamp of that kind in arena. */
ProtobufCMessage *proto_known_new_timestamp(Arena *arena, const MessageInfo *info, Timestamp time);
