/*
 * What Millrace knows about a message beyond protobuf-c's descriptor: JSON names, and the rules of a field.
 * rpcgen writes these tables; the JSON codec, the validator, reflection and the REST gateway walk them.
 */
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

/* Limits of every message, wherever it comes from. */
#define MESSAGE_MAX_BYTES (256 * 1024)
#define MESSAGE_MAX_DEPTH 16
#define MESSAGE_MAX_STRING_BYTES 4096
#define MESSAGE_BUDGET_BYTES (8 * MESSAGE_MAX_BYTES) /* memory that unpacking one message may take */
#define MESSAGE_MAX_VIOLATIONS 100 /* wrong fields that are told; the rest is only counted */
#define MESSAGE_MAX_FIELDS 64      /* of one message type */
#define MESSAGE_MIN_TIME_S INT64_C(1) /* since 1970: 0 is what services keep for a time that is absent */

typedef enum MessageKind {
        MESSAGE_PLAIN,
        MESSAGE_MONEY,     /* common.v1.Money: a decimal number in JSON */
        MESSAGE_TIMESTAMP, /* google.protobuf.Timestamp: an RFC 3339 text in JSON */
} MessageKind;

/* What JSON shows for a field that is absent (an empty text, zero, no message). */
typedef enum JsonAbsent {
        JSON_ABSENT_DEFAULT, /* "", 0, false, [], and null for a message */
        JSON_ABSENT_OMIT,
        JSON_ABSENT_NULL,
} JsonAbsent;

typedef struct MessageInfo MessageInfo;

typedef struct FieldInfo {
        const char *json_name;
        const MessageInfo *message; /* of a message field, else NULL */
        bool required;              /* a text not blank, an enum not 0, a list not empty; else present */
        bool is_id;                 /* a text that machines make: may look like a card number */
        bool is_new_id;             /* of visible ASCII characters alone */
        uint32_t max_bytes;         /* of a text or bytes; 0: MESSAGE_MAX_STRING_BYTES */
        bool has_range;
        int64_t min, max;           /* inclusive, of an integer */
        uint32_t max_items;         /* of a list; 0: no limit of its own */
        const char *const *allowed; /* NULL-terminated list of the texts allowed, or NULL */
        JsonAbsent absent;
        const char *enum_prefix;    /* of an enum: "ORDER_STATUS_", cut from its names in JSON; else NULL */
} FieldInfo;

struct MessageInfo {
        const ProtobufCMessageDescriptor *descriptor;
        const FieldInfo *fields; /* one per descriptor->fields[i] */
        MessageKind kind;
};

/*
 * Unpacks bytes into arena: depth, UTF-8 and memory are checked, which protobuf-c does not do. Fields that
 * are not known are kept; a group, and a message field that comes twice outside of a list, are refused.
 *
 * ret_message  in arena; never free it with free_unpacked
 * errors       INVALID_REQUEST
 */
const Error *proto_message_unpack(Arena *arena, const MessageInfo *info, Bytes bytes,
                                  ProtobufCMessage **ret_message) MUST_CHECK;

/* Packs into arena. */
Bytes proto_message_pack(Arena *arena, const ProtobufCMessage *message);

/* A zeroed, initialised message of that kind in arena. */
ProtobufCMessage *proto_message_new(Arena *arena, const MessageInfo *info);

/*
 * Checks every rule of the message and those below it, and the limits above; also that an enum has a known
 * value, a Money a known currency, that a Timestamp is one, later than 1970-01-01T00:00:00Z, and that no text
 * that people write looks like a card number (see base/card.h), which is never told back. A list that is too
 * long is told, and not looked into.
 *
 * errors       INVALID_REQUEST with one violation per wrong field, paths in JSON names ("items[0].quantity")
 */
const Error *proto_message_validate(Arena *arena, const MessageInfo *info,
                                    const ProtobufCMessage *message) MUST_CHECK;

/*
 * Refuses fields that are not known, as JSON does. For what comes from outside: another service may be of a
 * newer release, and what it says beyond is ignored.
 *
 * errors       INVALID_REQUEST with one violation per field; its number ends the path ("items[0].17")
 */
const Error *proto_message_refuse_unknown(Arena *arena, const MessageInfo *info,
                                          const ProtobufCMessage *message) MUST_CHECK;
