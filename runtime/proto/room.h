/* How much of a list fits into one message: what is beyond it belongs on the next page, or is refused. */
#pragma once

#include "proto/message.h"

/* Of an answer whose list grows item by item; starts as { 0 }. */
typedef struct MessageRoom {
        size_t n_bytes; /* that its items take */
} MessageRoom;

/* Takes the room of an item of the list; false when it has none left beside the answer's other fields. */
bool proto_room_take(MessageRoom *room, const ProtobufCMessage *item);
