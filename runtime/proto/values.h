/* Values that every service has in its messages, and what they are in C. */
#pragma once

#include "common/v1/money.rpc.h"
#include "google/protobuf/timestamp.rpc.h"

/* Holds that an enum of ours has the numbers of a message's, so that a cast leads from one to the other. */
#define SAME_NUMBER(ours, theirs)                                                                            \
        _Static_assert((int) (ours) == (int) (theirs), #ours " is not " #theirs)

/* In arena; NULL without a currency. */
CommonV1Money *proto_money_to_message(Arena *arena, int64_t minor, const char *currency);

/* True for an amount of that currency that is not below zero. money: NULL for one that was not said */
bool proto_money_is_in(const CommonV1Money *money, const char *currency);

/* In arena; NULL for 0, which no request can say (MESSAGE_MIN_TIME_S). */
GoogleProtobufTimestamp *proto_time_to_message(Arena *arena, int64_t wall_us);

/* Microseconds since 1970; 0 for NULL. */
int64_t proto_time_from_message(const GoogleProtobufTimestamp *message);
