/* Looks through protobuf bytes before protobuf-c unpacks them, because it trusts them too much. */
#pragma once

#include "proto/message.h"

/*
 * Refuses bytes that are not well-formed, nested deeper than MESSAGE_MAX_DEPTH, hold a text that is not
 * UTF-8, a number that its field cannot hold, a field of another wire type, a group, or a message field twice
 * outside of a list (protobuf-c 1.4 loses the numbers of the first when it merges them). What a field that is
 * not known holds is not looked at.
 *
 * errors       INVALID_REQUEST
 */
const Error *proto_wire_check(Arena *arena, const ProtobufCMessageDescriptor *descriptor,
                              Bytes bytes) MUST_CHECK;
