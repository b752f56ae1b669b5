#include <string.h>
#include <yajl/yajl_parse.h>

#include "json/codec.h"
#include "json/scalar_private.h"
#include "json/text.h"
#include "proto/violations.h"

/* What a callback tells yajl. */
enum { STOP = 0, GO = 1 };

/* An object that is open, or a list of the object below it. */
typedef struct Frame {
        const MessageInfo *info;
        ProtobufCMessage *message;
        unsigned field; /* of the member or list at hand; FIELD_NONE: not known, its value is skipped */
        bool is_list;
        size_t n_items; /* of a list */
        uint64_t seen;  /* members that have come, as a set of proto_field_bit */
        FieldPath at;   /* the member or item at hand */
} Frame;

typedef struct Reader {
        Arena *arena;
        const MessageInfo *info;   /* of the root */
        ProtobufCMessage *message; /* the root */
        const FieldPath *root;     /* where it stands in the request, NULL: it is the request */
        bool is_tolerant;          /* leaves out what it cannot take, instead of refusing it */
        Frame frames[JSON_MAX_DEPTH];
        size_t depth;     /* frames open */
        size_t n_skipped; /* objects and lists open inside of a value that is skipped */
        size_t n_values;
        Violations violations;
        const Error *malformed;
} Reader;

static const Error *malformed(Arena *arena, const char *what) {
        return error_new(arena, ERROR_INVALID_ARGUMENT, REASON_MALFORMED_JSON, "%s", what);
}

static int stop(Reader *reader, const char *what) {
        reader->malformed = malformed(reader->arena, what);
        return STOP;
}

static Frame *top(Reader *reader) {
        return &reader->frames[reader->depth - 1];
}

static const ProtobufCFieldDescriptor *field_of(const Frame *frame) {
        return &frame->info->descriptor->fields[frame->field];
}

static const FieldInfo *info_of(const Frame *frame) {
        return &frame->info->fields[frame->field];
}

static bool is_skipping(Reader *reader) {
        return reader->n_skipped > 0 || top(reader)->field == FIELD_NONE;
}

/* Counts the value; every one but the root is a member or an item. */
static int begin_value(Reader *reader) {
        if (reader->n_values++ > JSON_MAX_NODES)
                return stop(reader, arena_printf(reader->arena, "the JSON has more than %d members and items",
                                                 JSON_MAX_NODES));
        if (reader->depth > 0 && top(reader)->is_list && reader->n_skipped == 0)
                top(reader)->at.index = top(reader)->n_items++;
        return GO;
}

static int begin_container(Reader *reader) {
        if (begin_value(reader) == STOP)
                return STOP;
        if (reader->depth + reader->n_skipped == JSON_MAX_DEPTH)
                return stop(reader, arena_printf(reader->arena, "the JSON is nested more than %d levels deep",
                                                 JSON_MAX_DEPTH));
        return GO;
}

/* The value at hand is not one that its field takes. */
static void refuse(Reader *reader, const Frame *frame, const char *problem) {
        const MessageInfo *message = info_of(frame)->message;

        if (!reader->is_tolerant || !message || message->kind != MESSAGE_MONEY)
                proto_violations_addf(&reader->violations, &frame->at, "%s", problem);
}

static const char *expectation(Reader *reader, const Frame *frame) {
        return json_scalar_expectation(reader->arena, info_of(frame), field_of(frame));
}

/* True when one value, and not a whole list, may come now. */
static bool takes_value(const Frame *frame) {
        return frame->is_list || !field_is_list(field_of(frame));
}

/* Of a oneof only one member may come. */
static void store(Reader *reader, const Frame *frame, FieldValue value) {
        const ProtobufCFieldDescriptor *field = field_of(frame);
        uint32_t chosen = field_is_in_oneof(field) ? proto_field_oneof_case(frame->message, field) : 0;

        if (chosen == 0) {
                proto_field_put(reader->arena, frame->message, field, value);
                return;
        }
        const ProtobufCMessageDescriptor *descriptor = frame->info->descriptor;
        const ProtobufCFieldDescriptor *other = protobuf_c_message_descriptor_get_field(descriptor, chosen);
        proto_violations_addf(&reader->violations, &frame->at, "cannot be set together with %s",
                              frame->info->fields[other - descriptor->fields].json_name);
}

static int on_scalar(Reader *reader, const Scalar *scalar) {
        FieldValue value;

        if (begin_value(reader) == STOP)
                return STOP;
        if (reader->depth == 0)
                return stop(reader, "the JSON must be an object");
        if (is_skipping(reader))
                return GO;
        Frame *frame = top(reader);
        const char *problem = takes_value(frame) ? json_scalar_read(reader->arena, info_of(frame),
                                                                    field_of(frame), scalar, &value)
                                                 : "must be a list";
        if (problem)
                refuse(reader, frame, problem);
        else
                store(reader, frame, value);
        return GO;
}

static int on_string(void *self, const unsigned char *text, size_t n_bytes) {
        return on_scalar(self, &(Scalar) { SCALAR_STRING, (const char *) text, n_bytes });
}

static int on_number(void *self, const char *text, size_t n_bytes) {
        return on_scalar(self, &(Scalar) { SCALAR_NUMBER, text, n_bytes });
}

static int on_bool(void *self, int value) {
        const char *text = value ? "true" : "false";

        return on_scalar(self, &(Scalar) { SCALAR_BOOL, text, strlen(text) });
}

/* A member that is null is absent; an item and the parts of an amount cannot be. */
static int on_null(void *self) {
        Reader *reader = self;

        if (begin_value(reader) == STOP)
                return STOP;
        if (reader->depth == 0)
                return stop(reader, "the JSON must be an object");
        if (!is_skipping(reader) && (top(reader)->is_list || top(reader)->info->kind == MESSAGE_MONEY))
                refuse(reader, top(reader), expectation(reader, top(reader)));
        return GO;
}

static void push(Reader *reader, Frame frame) {
        reader->frames[reader->depth++] = frame;
}

static int on_start_object(void *self) {
        Reader *reader = self;

        if (begin_container(reader) == STOP)
                return STOP;
        if (reader->depth == 0) {
                push(reader, (Frame) { .info = reader->info,
                                      .message = reader->message,
                                      .field = FIELD_NONE,
                                      .at = { .parent = reader->root } });
                return GO;
        }
        Frame *frame = top(reader);
        const MessageInfo *info = is_skipping(reader) ? NULL : info_of(frame)->message;
        if (info && info->kind != MESSAGE_TIMESTAMP && takes_value(frame)) {
                ProtobufCMessage *message = proto_message_new(reader->arena, info);

                store(reader, frame, (FieldValue) { .message = message });
                push(reader, (Frame) { .info = info,
                                      .message = message,
                                      .field = FIELD_NONE,
                                      .at = { .parent = &frame->at } });
                return GO;
        }
        if (!is_skipping(reader))
                refuse(reader, frame, takes_value(frame) ? expectation(reader, frame) : "must be a list");
        reader->n_skipped++;
        return GO;
}

static int on_start_list(void *self) {
        Reader *reader = self;

        if (begin_container(reader) == STOP)
                return STOP;
        if (reader->depth == 0)
                return stop(reader, "the JSON must be an object");
        Frame *frame = top(reader);
        if (!is_skipping(reader) && !takes_value(frame)) {
                push(reader, (Frame) { .info = frame->info,
                                      .message = frame->message,
                                      .field = frame->field,
                                      .is_list = true,
                                      .at = { .parent = &frame->at } });
                return GO;
        }
        if (!is_skipping(reader))
                refuse(reader, frame, expectation(reader, frame));
        reader->n_skipped++;
        return GO;
}

/* An amount without its number would be 0, and without its currency nothing. */
static bool is_half_an_amount(const Frame *object) {
        const MessageInfo *info = object->info;

        return info->kind == MESSAGE_MONEY && !object->is_list &&
               object->seen != (proto_field_bit(info->descriptor, proto_field_index(info, "minor")) |
                                proto_field_bit(info->descriptor, proto_field_index(info, "currency")));
}

static int on_end(void *self) {
        Reader *reader = self;

        if (reader->n_skipped > 0) {
                reader->n_skipped--;
                return GO;
        }
        const Frame *closed = top(reader);
        reader->depth--;
        if (reader->depth > 0 && is_half_an_amount(closed))
                refuse(reader, top(reader), expectation(reader, top(reader)));
        return GO;
}

static int on_known_key(Reader *reader, Frame *frame) {
        uint64_t bit = proto_field_bit(frame->info->descriptor, frame->field);

        frame->at.name = info_of(frame)->json_name;
        if (frame->seen & bit)
                return stop(reader, arena_printf(reader->arena, "the JSON has %s twice",
                                                 proto_field_path_text(reader->arena, &frame->at)));
        frame->seen |= bit;
        return GO;
}

/* Fields mostly come in their order: the search starts behind the one before. */
static int on_key(void *self, const unsigned char *key, size_t n_bytes) {
        Reader *reader = self;

        if (n_bytes > JSON_MAX_KEY_BYTES)
                return stop(reader, arena_printf(reader->arena, "the JSON has a key of more than %d bytes",
                                                 JSON_MAX_KEY_BYTES));
        if (reader->n_skipped > 0)
                return GO;
        Frame *frame = top(reader);
        frame->field = proto_field_find(frame->info, (const char *) key, n_bytes, frame->field + 1);
        if (frame->field != FIELD_NONE)
                return on_known_key(reader, frame);
        frame->at.name = arena_strndup(reader->arena, (const char *) key, n_bytes);
        if (!reader->is_tolerant)
                proto_violations_addf(&reader->violations, &frame->at, "is not a field of this request");
        return GO;
}

static const yajl_callbacks callbacks = {
        .yajl_null = on_null,
        .yajl_boolean = on_bool,
        .yajl_number = on_number,
        .yajl_string = on_string,
        .yajl_start_map = on_start_object,
        .yajl_map_key = on_key,
        .yajl_end_map = on_end,
        .yajl_start_array = on_start_list,
        .yajl_end_array = on_end,
};

static void free_handle(yajl_handle *handle) {
        yajl_free(*handle);
}

/* "lexical error: invalid char in json text" */
static const Error *syntax_error(Arena *arena, yajl_handle handle, const char *text, size_t n_bytes) {
        unsigned char *said = yajl_get_error(handle, 0, (const unsigned char *) text, n_bytes);
        const char *what = (const char *) said;
        const Error *error = malformed(arena, arena_printf(arena, "the text is not JSON: %.*s near byte %zu",
                                                           (int) strcspn(what, "\n"), what,
                                                           yajl_get_bytes_consumed(handle)));

        yajl_free_error(handle, said);
        return error;
}

static const Error *parse(Reader *reader, const char *text, size_t n_bytes) {
        __attribute__((cleanup(free_handle))) yajl_handle handle = yajl_alloc(&callbacks, NULL, reader);
        yajl_status status = yajl_parse(handle, (const unsigned char *) text, n_bytes);

        if (status == yajl_status_ok)
                status = yajl_complete_parse(handle);
        if (reader->malformed)
                return reader->malformed;
        if (status != yajl_status_ok)
                return syntax_error(reader->arena, handle, text, n_bytes);
        return proto_violations_error(&reader->violations);
}

static const Error *read_text(Reader *reader, const char *text, size_t n_bytes,
                              ProtobufCMessage **ret_message) {
        Arena *arena = reader->arena;

        if (n_bytes > MESSAGE_MAX_BYTES)
                return malformed(arena,
                                 arena_printf(arena, "the JSON has more than %d bytes", MESSAGE_MAX_BYTES));
        const char *problem = json_text_problem(text, n_bytes);
        if (problem)
                return malformed(arena, problem);
        reader->message = proto_message_new(arena, reader->info);
        reader->violations.arena = arena;
        TRY(parse(reader, text, n_bytes));
        *ret_message = reader->message;
        return NULL;
}

const Error *json_read_message(Arena *arena, const MessageInfo *info, const char *text, size_t n_bytes,
                               ProtobufCMessage **ret_message) {
        return read_text(&(Reader) { .arena = arena, .info = info }, text, n_bytes, ret_message);
}

const Error *json_read_event(Arena *arena, const MessageInfo *info, const char *text, size_t n_bytes,
                             ProtobufCMessage **ret_message) {
        Reader reader = { .arena = arena, .info = info, .is_tolerant = true };

        return read_text(&reader, text, n_bytes, ret_message);
}

const Error *json_read_field(Arena *arena, const MessageInfo *info, ProtobufCMessage *message,
                             const char *field, const char *text, size_t n_bytes) {
        unsigned index = proto_field_index(info, field);
        FieldPath path = { .name = info->fields[index].json_name };
        Reader reader = { .arena = arena, .info = info->fields[index].message, .root = &path };
        ProtobufCMessage *value;

        TRY(read_text(&reader, text, n_bytes, &value));
        proto_field_put(arena, message, &info->descriptor->fields[index], (FieldValue) { .message = value });
        return NULL;
}
