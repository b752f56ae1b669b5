#include "rpc/wire_private.h"

#include <grpc/byte_buffer_reader.h>
#include <grpc/support/log.h>
#include <grpc/support/time.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/clock.h"
#include "base/ctx.h"
#include "base/log.h"

/* What lies further away is as good as never, and would not fit in microseconds. */
#define MAX_DEADLINE_S INT64_C(1000000000)

static void write_log(gpr_log_func_args *line) {
        log_warning("grpc", log_text("text", line->message), log_text("file", line->file),
                    log_number("line", line->line));
}

void rpc_wire_init(void) {
        gpr_set_log_function(write_log);
        grpc_init();
}

void rpc_wire_start(grpc_call *call, const grpc_op *ops, size_t n_ops, Op *op) {
        grpc_call_error problem = grpc_call_start_batch(call, ops, n_ops, op, NULL);

        if (problem == GRPC_CALL_OK)
                return;
        log_error("gRPC refused a batch", log_text("problem", grpc_call_error_to_string(problem)));
        abort();
}

char *rpc_wire_text(Arena *arena, grpc_slice slice) {
        return arena_strndup(arena, (const char *) GRPC_SLICE_START_PTR(slice), GRPC_SLICE_LENGTH(slice));
}

bool rpc_wire_slice_equal(grpc_slice slice, const char *text) {
        size_t n_bytes = strlen(text);

        return GRPC_SLICE_LENGTH(slice) == n_bytes && memcmp(GRPC_SLICE_START_PTR(slice), text, n_bytes) == 0;
}

grpc_byte_buffer *rpc_wire_pack(const ProtobufCMessage *message) {
        grpc_slice packed = grpc_slice_malloc(protobuf_c_message_get_packed_size(message));

        protobuf_c_message_pack(message, GRPC_SLICE_START_PTR(packed));
        grpc_byte_buffer *buffer = grpc_raw_byte_buffer_create(&packed, 1);
        grpc_slice_unref(packed);
        return buffer;
}

/* The last bytes of gzip: how large what it holds is, modulo 2^32, in little-endian order. */
#define GZIP_SIZE_BYTES 4
#define GZIP_WINDOW_BITS (15 + 16) /* zlib: the largest window, in gzip's format */

static const Error *malformed(Arena *arena) {
        return error_new(arena, ERROR_INVALID_ARGUMENT, REASON_INVALID_REQUEST, "The message is not gzip");
}

static uint32_t unfolded_size(Bytes folded) {
        const uint8_t *end = folded.data + folded.n_bytes - GZIP_SIZE_BYTES;

        return (uint32_t) end[0] | (uint32_t) end[1] << 8 | (uint32_t) end[2] << 16 | (uint32_t) end[3] << 24;
}

/*
 * What gzip holds, in memory of exactly the size that it claims, which is within the limit of messages: one
 * that claims less than it holds does not end there, and is refused.
 */
static const Error *unfold(Arena *arena, Bytes folded, Bytes *ret_bytes) {
        z_stream stream = { .next_in = (Bytef *) folded.data, .avail_in = (uInt) folded.n_bytes };

        if (folded.n_bytes < GZIP_SIZE_BYTES)
                return malformed(arena);
        uint32_t n_bytes = unfolded_size(folded);
        if (n_bytes > MESSAGE_MAX_BYTES)
                return error_new(arena, ERROR_RESOURCE_EXHAUSTED, REASON_MESSAGE_TOO_LARGE,
                                 "The message has %u bytes, more than %d", n_bytes, MESSAGE_MAX_BYTES);
        uint8_t *bytes = arena_alloc(arena, n_bytes + 1);
        if (inflateInit2(&stream, GZIP_WINDOW_BITS) != Z_OK)
                abort();
        stream.next_out = bytes;
        stream.avail_out = n_bytes + 1;
        int end = inflate(&stream, Z_FINISH);
        bool is_whole = end == Z_STREAM_END && stream.avail_in == 0 && stream.total_out == n_bytes;
        inflateEnd(&stream);
        if (!is_whole)
                return malformed(arena);
        *ret_bytes = (Bytes) { bytes, n_bytes };
        return NULL;
}

static const Error *unpack_folded(Arena *arena, const MessageInfo *info, Bytes folded,
                                  ProtobufCMessage **ret_message) {
        Bytes bytes;

        TRY(unfold(arena, folded, &bytes));
        return proto_message_unpack(arena, info, bytes, ret_message);
}

const Error *rpc_wire_unpack(Arena *arena, const MessageInfo *info, grpc_byte_buffer *buffer,
                             ProtobufCMessage **ret_message) {
        grpc_byte_buffer_reader reader;

        if (!buffer || !grpc_byte_buffer_reader_init(&reader, buffer))
                return error_new(arena, ERROR_INVALID_ARGUMENT, REASON_INVALID_REQUEST,
                                 "There is no message");
        grpc_slice packed = grpc_byte_buffer_reader_readall(&reader);
        grpc_byte_buffer_reader_destroy(&reader);
        const Bytes bytes = { GRPC_SLICE_START_PTR(packed), GRPC_SLICE_LENGTH(packed) };
        bool is_folded = buffer->data.raw.compression == GRPC_COMPRESS_GZIP;
        const Error *error = is_folded ? unpack_folded(arena, info, bytes, ret_message)
                                       : proto_message_unpack(arena, info, bytes, ret_message);
        grpc_slice_unref(packed);
        return error;
}

gpr_timespec rpc_wire_deadline(int64_t deadline_us) {
        if (deadline_us == CTX_NO_DEADLINE)
                return gpr_inf_future(GPR_CLOCK_MONOTONIC);
        return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                            gpr_time_from_micros(deadline_us - clock_monotonic_us(), GPR_TIMESPAN));
}

int64_t rpc_wire_deadline_us(gpr_timespec deadline) {
        if (gpr_time_cmp(deadline, gpr_inf_future(deadline.clock_type)) == 0)
                return CTX_NO_DEADLINE;
        gpr_timespec left = gpr_time_sub(deadline, gpr_now(deadline.clock_type));
        if (left.tv_sec > MAX_DEADLINE_S)
                return CTX_NO_DEADLINE;
        return clock_monotonic_us() + left.tv_sec * 1000000 + left.tv_nsec / 1000;
}

grpc_arg rpc_wire_arg(const char *name, int value) {
        return (grpc_arg) { .type = GRPC_ARG_INTEGER, .key = (char *) name, .value.integer = value };
}
