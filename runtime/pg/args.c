#include "pg/args_private.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "pg/types_private.h"

enum { FORMAT_TEXT = 0, FORMAT_BINARY = 1 };

#define NULL_LENGTH (-1)

/* jsonb and uuid travel as text, since their binary form would only move the parsing to this side. */
static const struct {
        Oid oid;
        int format;
        Oid column; /* an array of such values; 0: there is none */
} types[] = {
        [PG_TEXT] = { PG_OID_TEXT, FORMAT_BINARY, PG_OID_TEXT_ARRAY },
        [PG_INT64] = { PG_OID_INT8, FORMAT_BINARY, PG_OID_INT8_ARRAY },
        [PG_BOOL] = { PG_OID_BOOL, FORMAT_BINARY, PG_OID_BOOL_ARRAY },
        [PG_BYTES] = { PG_OID_BYTEA, FORMAT_BINARY, PG_OID_BYTEA_ARRAY },
        [PG_JSON] = { PG_OID_JSONB, FORMAT_TEXT, PG_OID_JSONB_ARRAY },
        [PG_TIME] = { PG_OID_TIMESTAMPTZ, FORMAT_BINARY, PG_OID_TIMESTAMPTZ_ARRAY },
        [PG_UUID] = { PG_OID_UUID, FORMAT_TEXT, PG_OID_UUID_ARRAY },
        [PG_TEXT_ARRAY] = { PG_OID_TEXT_ARRAY, FORMAT_BINARY, 0 },
        [PG_INT64_ARRAY] = { PG_OID_INT8_ARRAY, FORMAT_BINARY, 0 },
};

#define JSONB_VERSION "\1" /* in front of the text, in a binary array */

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

PgArg pg_time_or_null(int64_t wall_us) {
        return wall_us ? pg_time(wall_us) : pg_null(PG_TIME);
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

/*
 * array_send() in arrayfuncs.c: dimensions, whether there are NULLs, item type; then length and lower bound
 * of each.
 */
static void put_array_header(StrBuf *buf, size_t n_items, bool has_nulls, Oid item_type) {
        put_int32(buf, n_items > 0 ? 1 : 0);
        put_int32(buf, has_nulls);
        put_int32(buf, (int32_t) item_type);
        if (n_items > 0) {
                put_int32(buf, (int32_t) n_items);
                put_int32(buf, 1);
        }
}

static void put_item(StrBuf *buf, const void *bytes, size_t n_bytes) {
        put_int32(buf, (int32_t) n_bytes);
        strbuf_add_bytes(buf, bytes, n_bytes);
}

static void put_int64(StrBuf *buf, int64_t number) {
        uint64_t wire = htobe64((uint64_t) number);

        put_item(buf, &wire, sizeof(wire));
}

static void put_int64_array(StrBuf *buf, const int64_t *items, size_t n_items) {
        put_array_header(buf, n_items, false, PG_OID_INT8);
        for (size_t i = 0; i < n_items; i++)
                put_int64(buf, items[i]);
}

static void put_text_array(StrBuf *buf, const char *const *items, size_t n_items) {
        bool has_nulls = false;

        for (size_t i = 0; i < n_items; i++)
                has_nulls |= !items[i];
        put_array_header(buf, n_items, has_nulls, PG_OID_TEXT);
        for (size_t i = 0; i < n_items; i++)
                if (items[i])
                        put_item(buf, items[i], strlen(items[i]));
                else
                        put_int32(buf, NULL_LENGTH);
}

static void put_jsonb(StrBuf *buf, const PgArg *arg) {
        put_int32(buf, (int32_t) arg->n + 1);
        strbuf_add(buf, JSONB_VERSION);
        strbuf_add_bytes(buf, arg->data, arg->n);
}

/* A value with its length before it, as in an array. */
static void put_value(StrBuf *buf, const PgArg *arg) {
        bool flag = arg->number != 0;

        if (arg->is_null)
                put_int32(buf, NULL_LENGTH);
        else if (arg->type == PG_INT64)
                put_int64(buf, arg->number);
        else if (arg->type == PG_TIME)
                put_int64(buf, arg->number - PG_EPOCH_US);
        else if (arg->type == PG_BOOL)
                put_item(buf, &flag, sizeof(flag));
        else if (arg->type == PG_JSON)
                put_jsonb(buf, arg);
        else
                put_item(buf, arg->data, arg->n);
}

static void set_borrowed(PgStep *step, size_t i, const void *data, size_t n_bytes) {
        step->values[i] = data;
        step->lengths[i] = (int) n_bytes;
}

static void set_value(Arena *arena, PgStep *step, size_t i, const PgArg *arg) {
        StrBuf buf = { .arena = arena };

        switch (arg->type) {
        case PG_TEXT:
        case PG_BYTES:
        case PG_JSON:
        case PG_UUID:
                set_borrowed(step, i, arg->data, arg->n);
                return;
        case PG_INT64:
        case PG_TIME:
        case PG_BOOL:
                put_value(&buf, arg);
                set_borrowed(step, i, buf.text + sizeof(int32_t), buf.n_bytes - sizeof(int32_t));
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

static void set_type(PgStep *step, size_t i, Oid oid, int format) {
        step->types[i] = oid;
        step->formats[i] = format;
        step->types_hash = step->types_hash * 31 + oid;
}

static PgStep new_step(Arena *arena, const PgStatement *statement, size_t n_args) {
        return (PgStep) {
                .statement = statement,
                .n_args = n_args,
                .types = ARENA_ARRAY(arena, Oid, n_args),
                .values = ARENA_ARRAY(arena, const char *, n_args),
                .lengths = ARENA_ARRAY(arena, int, n_args),
                .formats = ARENA_ARRAY(arena, int, n_args),
        };
}

PgStep pg_step_new(Arena *arena, const PgStatement *statement, PgArgs args) {
        PgStep step = new_step(arena, statement, args.n);

        for (size_t i = 0; i < args.n; i++) {
                const PgArg *arg = &args.items[i];

                set_type(&step, i, types[arg->type].oid, types[arg->type].format);
                if (!arg->is_null)
                        set_value(arena, &step, i, arg);
        }
        return step;
}

/* An item of an array as text, whatever it is: the server says whether it is a UUID. */
static void put_quoted(StrBuf *buf, const char *text) {
        strbuf_add_char(buf, '"');
        for (; *text; text++) {
                if (*text == '"' || *text == '\\')
                        strbuf_add_char(buf, '\\');
                strbuf_add_char(buf, *text);
        }
        strbuf_add_char(buf, '"');
}

/* An array as text: {"...",NULL}. */
static void put_uuid_column(StrBuf *buf, size_t i, const PgArgs *rows, size_t n_rows) {
        for (size_t row = 0; row < n_rows; row++) {
                const PgArg *arg = &rows[row].items[i];

                strbuf_add(buf, row == 0 ? "{" : ",");
                if (arg->is_null)
                        strbuf_add(buf, "NULL");
                else
                        put_quoted(buf, arg->data);
        }
        strbuf_add(buf, "}");
}

static void put_column(StrBuf *buf, size_t i, const PgArgs *rows, size_t n_rows, bool has_nulls) {
        put_array_header(buf, n_rows, has_nulls, types[rows[0].items[i].type].oid);
        for (size_t row = 0; row < n_rows; row++)
                put_value(buf, &rows[row].items[i]);
}

/* The i-th argument of every row, as an array. */
static void set_column(Arena *arena, PgStep *step, size_t i, const PgArgs *rows, size_t n_rows) {
        PgType type = rows[0].items[i].type;
        StrBuf buf = { .arena = arena };
        bool has_nulls = false;

        for (size_t row = 0; row < n_rows; row++) {
                if (rows[row].n != step->n_args || rows[row].items[i].type != type || !types[type].column)
                        abort();
                has_nulls |= rows[row].items[i].is_null;
        }
        if (type == PG_UUID)
                put_uuid_column(&buf, i, rows, n_rows);
        else
                put_column(&buf, i, rows, n_rows, has_nulls);
        set_type(step, i, types[type].column, type == PG_UUID ? FORMAT_TEXT : FORMAT_BINARY);
        set_borrowed(step, i, buf.text, buf.n_bytes);
}

PgStep pg_step_of_rows(Arena *arena, const PgStatement *statement, const PgArgs *rows, size_t n_rows) {
        PgStep step = new_step(arena, statement, rows[0].n);

        for (size_t i = 0; i < step.n_args; i++)
                set_column(arena, &step, i, rows, n_rows);
        return step;
}
