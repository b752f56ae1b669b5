#include "sample.h"

#include "support.h"

static const FieldInfo amount_fields[] = {
        { .json_name = "minor" },
        { .json_name = "currency" },
};
const MessageInfo amount_info = {
        .descriptor = &sample__amount__descriptor,
        .fields = amount_fields,
        .kind = MESSAGE_MONEY,
};

static const FieldInfo moment_fields[] = {
        { .json_name = "seconds" },
        { .json_name = "nanos" },
};
const MessageInfo moment_info = {
        .descriptor = &sample__moment__descriptor,
        .fields = moment_fields,
        .kind = MESSAGE_TIMESTAMP,
};

static const FieldInfo ratio_fields[] = {
        { .json_name = "value" },
};
const MessageInfo ratio_info = { .descriptor = &sample__ratio__descriptor, .fields = ratio_fields };

static const FieldInfo line_fields[] = {
        { .json_name = "sku", .required = true, .max_bytes = 8 },
        { .json_name = "quantity", .has_range = true, .min = 1, .max = 9999 },
        { .json_name = "price", .message = &amount_info },
        { .json_name = "tags", .max_items = 3, .max_bytes = 4 },
};
const MessageInfo line_info = { .descriptor = &sample__line__descriptor, .fields = line_fields };

static const FieldInfo node_fields[] = {
        { .json_name = "child", .message = &node_info, .absent = JSON_ABSENT_OMIT },
        { .json_name = "name" },
};
const MessageInfo node_info = { .descriptor = &sample__node__descriptor, .fields = node_fields };

static const char *const kinds[] = { "small", "large", NULL };

static const FieldInfo sample_fields[] = {
        { .json_name = "id", .required = true, .max_bytes = 64, .is_id = true },
        { .json_name = "total" },
        { .json_name = "small", .has_range = true, .min = -5, .max = 5 },
        { .json_name = "count", .has_range = true, .min = 0, .max = 10 },
        { .json_name = "large", .has_range = true, .min = 0, .max = INT64_MAX },
        { .json_name = "flag" },
        { .json_name = "blob", .max_bytes = 4 },
        { .json_name = "colour", .enum_prefix = "COLOUR_" },
        { .json_name = "lines", .message = &line_info, .required = true, .max_items = 100 },
        { .json_name = "mainLine", .message = &line_info, .required = true },
        { .json_name = "price", .message = &amount_info },
        { .json_name = "createdAt", .message = &moment_info },
        { .json_name = "numbers", .has_range = true, .min = 0, .max = 100 },
        { .json_name = "colours", .enum_prefix = "COLOUR_" },
        { .json_name = "flags" },
        { .json_name = "text" },
        { .json_name = "number", .has_range = true, .min = 1, .max = 2 },
        { .json_name = "line", .message = &line_info },
        { .json_name = "note", .absent = JSON_ABSENT_OMIT },
        { .json_name = "trackingNumber", .absent = JSON_ABSENT_NULL },
        { .json_name = "node", .message = &node_info, .absent = JSON_ABSENT_OMIT },
        { .json_name = "codes", .max_items = 2, .max_bytes = 4, .absent = JSON_ABSENT_OMIT },
        { .json_name = "marks", .absent = JSON_ABSENT_OMIT },
        { .json_name = "change", .absent = JSON_ABSENT_NULL },
        { .json_name = "kind", .allowed = kinds, .absent = JSON_ABSENT_OMIT },
        { .json_name = "newIds", .is_id = true, .is_new_id = true, .absent = JSON_ABSENT_OMIT },
};
const MessageInfo sample_info = { .descriptor = &sample__sample__descriptor, .fields = sample_fields };

Sample__Line *sample_line(Arena *arena, const char *sku, int64_t quantity) {
        Sample__Line *line = (Sample__Line *) proto_message_new(arena, &line_info);

        line->sku = arena_strdup(arena, sku);
        line->quantity = quantity;
        return line;
}

Sample__Sample *sample_valid(Arena *arena) {
        Sample__Sample *sample = (Sample__Sample *) proto_message_new(arena, &sample_info);

        sample->id = "S-1";
        sample->n_lines = 2;
        sample->lines = ARENA_ARRAY(arena, Sample__Line *, 2);
        sample->lines[0] = sample_line(arena, "A", 1);
        sample->lines[1] = sample_line(arena, "B", 9999);
        sample->main_line = sample_line(arena, "C", 2);
        return sample;
}

const char *sample_violation(const Error *error, const char *field) {
        ck_assert_reason(error, REASON_INVALID_REQUEST);
        for (size_t i = 0; i < error->n_violations; i++)
                if (str_equal(error->violations[i].field, field))
                        return error->violations[i].description;
        ck_abort_msg("no violation of %s, but: %s", field, error->message);
}
