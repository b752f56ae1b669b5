#include "proto/room.h"

/* What an answer takes beside the items of its list, such as a cursor; and an item beside its own content. */
#define ANSWER_REST_BYTES 1024
#define ITEM_HEAD_BYTES 6

bool proto_room_take(MessageRoom *room, const ProtobufCMessage *item) {
        room->n_bytes += protobuf_c_message_get_packed_size(item) + ITEM_HEAD_BYTES;
        return room->n_bytes <= MESSAGE_MAX_BYTES - ANSWER_REST_BYTES;
}
