/*
 * proto <-> JSON from the message tables: strict in, exact out. Money is a decimal number, a Timestamp an RFC
 * 3339 text, an enum its name without the prefix, an int64 a number, bytes base64; names are lowerCamelCase,
 * proto names are accepted too. Fields of type float and double are not supported: meeting one aborts.
 */
#pragma once

#include "proto/message.h"

/* Depth of objects and arrays, members and items together, and bytes of a key, that are read at most. */
#define JSON_MAX_DEPTH 16
#define JSON_MAX_NODES 4000
#define JSON_MAX_KEY_BYTES 64

/*
 * Appends the message as one JSON object, fields in the order of their numbers. What is absent shows as its
 * FieldInfo says; a oneof's member that is not chosen is left out. A Money of an unknown currency and a
 * Timestamp out of range, which proto_message_validate finds, show as null; an enum value without a name
 * shows as its number.
 */
void json_add_message(StrBuf *out, const MessageInfo *info, const ProtobufCMessage *message);

/* Appends one field of the message alone ("order"), for a REST answer that is only that field. */
void json_add_field(StrBuf *out, const MessageInfo *info, const ProtobufCMessage *message, const char *field);

/* Appends text as a JSON string with its quotes. */
void json_add_string(StrBuf *out, const char *text);

/*
 * Reads one JSON object into a new message. Rules of the fields are not checked here (proto_message_validate
 * does). null is absent; an integer may be a decimal string; an enum is its name, with or without the prefix;
 * a Money is an object of both its fields, {"minor": 24999, "currency": "USD"}, since the decimal number in
 * which it is shown does not say its currency.
 *
 * ret_message  in arena
 * errors       MALFORMED_JSON (syntax, a field twice, bad UTF-8, too deep, too long, too many nodes);
 *              INVALID_REQUEST with a violation for every unknown field, wrong type, number that does not fit
 */
const Error *json_read_message(Arena *arena, const MessageInfo *info, const char *text, size_t n_bytes,
                               ProtobufCMessage **ret_message) MUST_CHECK;

/*
 * Like json_read_message, for an event that another release of Millrace wrote: fields that this one does not
 * know, and amounts as they are shown, are left out instead of refused.
 *
 * errors       those of json_read_message
 */
const Error *json_read_event(Arena *arena, const MessageInfo *info, const char *text, size_t n_bytes,
                             ProtobufCMessage **ret_message) MUST_CHECK;

/*
 * Like json_read_message, for a body that is only one message field of the request; paths start with it.
 *
 * field        its proto or JSON name; must exist
 * errors       those of json_read_message
 */
const Error *json_read_field(Arena *arena, const MessageInfo *info, ProtobufCMessage *message,
                             const char *field, const char *text, size_t n_bytes) MUST_CHECK;

/*
 * Sets a scalar field from the text of a path segment or query parameter; a list gets one more item.
 *
 * message      from proto_message_new or json_read_message
 * field        its proto or JSON name
 * errors       INVALID_REQUEST: no such field, or not of its type
 */
const Error *json_set_scalar(Arena *arena, const MessageInfo *info, ProtobufCMessage *message,
                             const char *field, const char *text) MUST_CHECK;
