#include "proto/room.h"

#include <string.h>

#include "sample.h"
#include "support.h"

static Sample__Sample *noted(size_t n_bytes) {
        Sample__Sample *sample = (Sample__Sample *) proto_message_new(test_ctx()->arena, &sample_info);
        char *note = arena_alloc(test_ctx()->arena, n_bytes + 1);

        memset(note, 'x', n_bytes);
        sample->note = note;
        return sample;
}

TEST(a_list_has_room_until_it_and_1_kib_beside_it_fill_a_message) {
        const Sample__Sample *large = noted(4000), *small = noted(1);
        size_t item_bytes = protobuf_c_message_get_packed_size(&large->base) + 6;
        size_t n_fit = (MESSAGE_MAX_BYTES - 1024) / item_bytes;
        MessageRoom room = { 0 };

        for (size_t i = 0; i < n_fit; i++)
                ck_assert(proto_room_take(&room, &large->base));
        ck_assert(!proto_room_take(&room, &large->base));
        ck_assert(!proto_room_take(&room, &small->base));
}

TEST(the_last_byte_counts) {
        Sample__Sample *item = noted(4000);
        size_t head_bytes = protobuf_c_message_get_packed_size(&item->base) - 4000 + 6;
        size_t left_bytes = MESSAGE_MAX_BYTES - 1024;
        MessageRoom room = { 0 };

        for (; left_bytes > 8192; left_bytes -= 4000 + head_bytes)
                ck_assert(proto_room_take(&room, &item->base));
        MessageRoom same = room;
        ck_assert(proto_room_take(&room, &noted(left_bytes - head_bytes)->base));
        ck_assert(!proto_room_take(&same, &noted(left_bytes - head_bytes + 1)->base));
}

int main(void) {
        Suite *suite = suite_create("proto/room");
        TCase *tests = tcase_create("room");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
