#include "proto/values.h"

#include "base/clock.h"

#define NS_PER_US 1000

CommonV1Money *proto_money_to_message(Arena *arena, int64_t minor, const char *currency) {
        if (str_is_empty(currency))
                return NULL;
        CommonV1Money *message = common_v1_money_new(arena);
        message->minor = minor;
        message->currency = currency;
        return message;
}

bool proto_money_is_in(const CommonV1Money *money, const char *currency) {
        return money && money->minor >= 0 && str_equal(money->currency, currency);
}

GoogleProtobufTimestamp *proto_time_to_message(Arena *arena, int64_t wall_us) {
        if (wall_us == 0)
                return NULL;
        GoogleProtobufTimestamp *message = google_protobuf_timestamp_new(arena);
        bool is_rounded_up = wall_us % US_PER_S < 0; /* before 1970, where nanos count forward too */
        message->seconds = wall_us / US_PER_S - is_rounded_up;
        message->nanos = (int32_t) ((wall_us - message->seconds * US_PER_S) * NS_PER_US);
        return message;
}

int64_t proto_time_from_message(const GoogleProtobufTimestamp *message) {
        return message ? message->seconds * US_PER_S + message->nanos / NS_PER_US : 0;
}
