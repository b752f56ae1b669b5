#include "pg/args.h"

#include <endian.h>
#include <string.h>

#include "pg/types.h"

enum { FORMAT_TEXT = 0, FORMAT_BINARY = 1 };

/* jsonb and uuid travel as text, since their binary form would only move the parsing to this side. */
static const struct {
        Oid oid;
        int format;
} types[] = {
        [PG_TEXT] = { PG_OID_TEXT, FORMAT_BINARY },
        [PG_INT64] = { PG_OID_INT8, FORMAT_BINARY },
        [PG_BOOL] = { PG_OID_BOOL, FORMAT_BINARY },
        [PG_BYTES] = { PG_OID_BYTEA, FORMAT_BINARY },
        [PG_JSON] = { PG_OID_JSONB, FORMAT_TEXT },
        [PG_TIME] = { PG_OID_TIMESTAMPTZ, FORMAT_BINARY },
        [PG_UUID] = { PG_OID_UUID, FORMAT_TEXT },
        [PG_TEXT_ARRAY] = { PG_OID_TEXT_ARRAY, FORMAT_BINARY },
        [PG_INT64_ARRAY] = { PG_OID_INT8_ARRAY, FORMAT_BINARY },
};

static PgArg text_arg(PgType type, const char *text) {
        return (PgArg) { .type = type, .is_null = !text, .data = text, .n = text ? strlen(text) : 0 };
}

PgArg pg_text(const char *text) {
        return text_arg(PG_TEXT, text);
}

PgArg pg_json(const char *text) {
        return text_arg(PG_JSON, text);
}

PgArg pg_uuid(const char *text) {
        return text_arg(PG_UUID, text);
}

PgArg pg_int64(int64_t number) {
        return (PgArg) { .type = PG_INT64, .number = number };
}

PgArg pg_bool(bool value) {
        return (PgArg) { .type = PG_BOOL, .number = value };
}

PgArg pg_time(int64_t wall_us) {
        return (PgArg) { .type = PG_TIME, .number = wall_us };
}

PgArg pg_bytes(Bytes bytes) {
        return (PgArg) { .type = PG_BYTES, .is_null = !bytes.data, .data = bytes.data, .n = bytes.n_bytes };
}

PgArg pg_text_array(const char *const *items, size_t n_items) {
        return (PgArg) { .type = PG_TEXT_ARRAY, .data = items, .n = n_items };
}

PgArg pg_int64_array(const int64_t *items, size_t n_items) {
        return (PgArg) { .type = PG_INT64_ARRAY, .data = items, .n = n_items };
}

PgArg pg_null(PgType type) {
        return (PgArg) { .type = type, .is_null = true };
}

static void put_int32(StrBuf *buf, int32_t number) {
        uint32_t wire = htobe32((uint32_t) number);

        strbuf_add_bytes(buf, (const char *) &wire, sizeof(wire));
}


/* array_send() in arrayfuncs.c: dimensions, whether there are NULLs, item type; then length and lower bound of each. */
static void put_array_header(StrBuf *buf, size_t n_items, bool has_nulls, Oid item_type) {
        put_int32(buf, n_items > 0 ? 1 : 0);
        put_int32(buf, has_nulls);
        put_int32(buf, (int32_t) item_type);
        if (n_items > 0) {
                put_int32(buf, (int32_t) n_items);
                put_int32(buf, 1);
        }
}

static void put_int64_array(StrBuf *buf, const int64_t *items, size_t n_items) {
        put_array_header(buf, n_items, false, PG_OID_INT8);
        for (size_t i = 0; i < n_items; i++) {
                uint64_t wire = htobe64((uint64_t) items[i]);

                put_int32(buf, sizeof(wire));
                strbuf_add_bytes(buf, (const char *) &wire, sizeof(wire));
        }
}

static void put_text_array(StrBuf *buf, const char *const *items, size_t n_items) {
        bool has_nulls = false;

        for (size_t i = 0; i < n_items; i++)
                has_nulls |= !items[i];
        put_array_header(buf, n_items, has_nulls, PG_OID_TEXT);
        for (size_t i = 0; i < n_items; i++) {
                size_t n_bytes = items[i] ? strlen(items[i]) : 0;

                put_int32(buf, items[i] ? (int32_t) n_bytes : -1);
                if (items[i])
                        strbuf_add_bytes(buf, items[i], n_bytes);
        }
}

static void set_borrowed(PgStep *step, size_t i, const void *data, size_t n_bytes) {
        step->values[i] = data;
        step->lengths[i] = (int) n_bytes;
}

static void set_int64(Arena *arena, PgStep *step, size_t i, int64_t number) {
        uint64_t wire = htobe64((uint64_t) number);

        set_borrowed(step, i, arena_memdup(arena, &wire, sizeof(wire)), sizeof(wire));
}

static void set_value(Arena *arena, PgStep *step, size_t i, const PgArg *arg) {
        StrBuf buf = { .arena = arena };
        bool flag = arg->number != 0;

        switch (arg->type) {
        case PG_TEXT:
        case PG_BYTES:
        case PG_JSON:
        case PG_UUID:
                set_borrowed(step, i, arg->data, arg->n);
                return;
        case PG_INT64:
                set_int64(arena, step, i, arg->number);
                return;
        case PG_TIME:
                set_int64(arena, step, i, arg->number - PG_EPOCH_US);
                return;
        case PG_BOOL:
                set_borrowed(step, i, arena_memdup(arena, &flag, sizeof(flag)), sizeof(flag));
                return;
        case PG_TEXT_ARRAY:
                put_text_array(&buf, arg->data, arg->n);
                break;
        case PG_INT64_ARRAY:
                put_int64_array(&buf, arg->data, arg->n);
                break;
        }
        set_borrowed(step, i, buf.text, buf.n_bytes);
}

PgStep pg_step_new(Arena *arena, const PgStatement *statement, PgArgs args) {
        PgStep step = {
                .statement = statement,
                .n_args = args.n,
                .types = ARENA_ARRAY(arena, Oid, args.n),
                .values = ARENA_ARRAY(arena, const char *, args.n),
                .lengths = ARENA_ARRAY(arena, int, args.n),
                .formats = ARENA_ARRAY(arena, int, args.n),
        };

        for (size_t i = 0; i < args.n; i++) {
                const PgArg *arg = &args.items[i];

                step.types[i] = types[arg->type].oid;
                step.formats[i] = types[arg->type].format;
                step.types_hash = step.types_hash * 31 + types[arg->type].oid;
                if (!arg->is_null)
                        set_value(arena, &step, i, arg);
        }
        return step;
}
