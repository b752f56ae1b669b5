/* protobuf-c with its memory in an arena. */
#pragma once

#include <protobuf-c/protobuf-c.h>

#include "base/error.h"
#include "base/str.h"

/*
 * errors     INVALID_PROTO
 */
const Error *unpack(Arena *arena, const ProtobufCMessageDescriptor *descriptor, Bytes bytes,
                    ProtobufCMessage **ret_message) MUST_CHECK;
