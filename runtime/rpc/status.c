#include "rpc/status_private.h"

#include <string.h>

#include "base/memory.h"
#include "common/v1/error.rpc.h"
#include "google/protobuf/any.rpc.h"
#include "google/protobuf/duration.rpc.h"
#include "google/rpc/error_details.rpc.h"
#include "google/rpc/status.rpc.h"
#include "proto/message.h"

#define TYPE_PREFIX "type.googleapis.com/"
#define TYPE_ERROR_INFO TYPE_PREFIX "google.rpc.ErrorInfo"
#define TYPE_BAD_REQUEST TYPE_PREFIX "google.rpc.BadRequest"
#define TYPE_RETRY_INFO TYPE_PREFIX "google.rpc.RetryInfo"
#define TYPE_ERROR_RECORDS TYPE_PREFIX "common.v1.ErrorRecords"
#define MAX_DETAILS 4

static void add_detail(Arena *arena, GoogleRpcStatus *status, const char *type_url,
                       const ProtobufCMessage *message) {
        GoogleProtobufAny *any = google_protobuf_any_new(arena);
        Bytes packed = proto_message_pack(arena, message);

        any->type_url = type_url;
        any->value = (ProtobufCBinaryData) { .len = packed.n_bytes, .data = (uint8_t *) packed.data };
        status->details[status->n_details++] = any;
}

static void add_info_metadata(Arena *arena, GoogleRpcErrorInfo *info, const ErrorRecord *record) {
        info->metadata = ARENA_ARRAY(arena, GoogleRpcErrorInfoMetadataEntry *, record->n_values);
        for (size_t i = 0; i < record->n_values; i++) {
                const ErrorValue *value = &record->values[i];
                GoogleRpcErrorInfoMetadataEntry *entry = google_rpc_error_info_metadata_entry_new(arena);

                entry->key = value->key;
                entry->value =
                        value->text ? value->text : arena_printf(arena, "%lld", (long long) value->number);
                info->metadata[info->n_metadata++] = entry;
        }
}

static void add_info(Arena *arena, GoogleRpcStatus *status, const Error *error) {
        GoogleRpcErrorInfo *info = google_rpc_error_info_new(arena);

        info->reason = error->reason;
        info->domain = STATUS_DOMAIN;
        if (error->n_records == 1)
                add_info_metadata(arena, info, &error->records[0]);
        add_detail(arena, status, TYPE_ERROR_INFO, &info->base);
}

static void add_violations(Arena *arena, GoogleRpcStatus *status, const Error *error, size_t n) {
        GoogleRpcBadRequest *bad = google_rpc_bad_request_new(arena);

        bad->field_violations = ARENA_ARRAY(arena, GoogleRpcBadRequestFieldViolation *, n);
        for (size_t i = 0; i < n; i++) {
                GoogleRpcBadRequestFieldViolation *violation =
                        google_rpc_bad_request_field_violation_new(arena);

                violation->field = error->violations[i].field;
                violation->description = error->violations[i].description;
                bad->field_violations[bad->n_field_violations++] = violation;
        }
        add_detail(arena, status, TYPE_BAD_REQUEST, &bad->base);
}

static void add_retry(Arena *arena, GoogleRpcStatus *status, const Error *error) {
        GoogleRpcRetryInfo *retry = google_rpc_retry_info_new(arena);

        retry->retry_delay = google_protobuf_duration_new(arena);
        retry->retry_delay->seconds = error->retry_after_ms / 1000;
        retry->retry_delay->nanos = (int32_t) (error->retry_after_ms % 1000 * 1000000);
        add_detail(arena, status, TYPE_RETRY_INFO, &retry->base);
}

static CommonV1ErrorRecord *record_message(Arena *arena, const ErrorRecord *record) {
        CommonV1ErrorRecord *message = common_v1_error_record_new(arena);

        message->values = ARENA_ARRAY(arena, CommonV1ErrorValue *, record->n_values);
        for (size_t i = 0; i < record->n_values; i++) {
                const ErrorValue *from = &record->values[i];
                CommonV1ErrorValue *value = common_v1_error_value_new(arena);

                value->key = from->key;
                if (from->text) {
                        value->value_case = COMMON__V1__ERROR_VALUE__VALUE_TEXT;
                        value->text = from->text;
                } else {
                        value->value_case = COMMON__V1__ERROR_VALUE__VALUE_NUMBER;
                        value->number = from->number;
                }
                message->values[message->n_values++] = value;
        }
        return message;
}

static void add_records(Arena *arena, GoogleRpcStatus *status, const Error *error, size_t n) {
        CommonV1ErrorRecords *records = common_v1_error_records_new(arena);

        records->records = ARENA_ARRAY(arena, CommonV1ErrorRecord *, n);
        for (size_t i = 0; i < n; i++)
                records->records[records->n_records++] = record_message(arena, &error->records[i]);
        add_detail(arena, status, TYPE_ERROR_RECORDS, &records->base);
}

static Bytes pack_details(Arena *arena, const Error *error, size_t n_violations, size_t n_records) {
        GoogleRpcStatus *status = google_rpc_status_new(arena);

        status->code = (int32_t) error->code;
        status->message = error->message;
        status->details = ARENA_ARRAY(arena, GoogleProtobufAny *, MAX_DETAILS);
        add_info(arena, status, error);
        if (n_violations > 0)
                add_violations(arena, status, error, n_violations);
        if (error->retry_after_ms > 0)
                add_retry(arena, status, error);
        if (n_records > 0)
                add_records(arena, status, error, n_records);
        return proto_message_pack(arena, &status->base);
}

/* The first violations and records that fit. */
static Bytes pack_details_that_fit(Arena *arena, const Error *error) {
        size_t n_violations = error->n_violations;
        size_t n_records = error->n_records;
        Bytes details = pack_details(arena, error, n_violations, n_records);

        while (details.n_bytes > STATUS_MAX_DETAILS_BYTES && (n_violations > 0 || n_records > 0)) {
                n_violations /= 2;
                n_records /= 2;
                details = pack_details(arena, error, n_violations, n_records);
        }
        return details.n_bytes <= STATUS_MAX_DETAILS_BYTES ? details : (Bytes) { 0 };
}

/* Cut where a character begins. */
static const char *short_message(Arena *arena, const char *message) {
        size_t n_bytes = strlen(message);

        if (n_bytes <= STATUS_MAX_MESSAGE_BYTES)
                return message;
        n_bytes = STATUS_MAX_MESSAGE_BYTES;
        while (n_bytes > 0 && ((unsigned char) message[n_bytes] & 0xC0) == 0x80)
                n_bytes--;
        return arena_strndup(arena, message, n_bytes);
}

RpcStatus rpc_status_of(Arena *arena, const Error *error) {
        if (!error)
                return (RpcStatus) { .code = STATUS_OK, .message = "" };
        if (!error->reason)
                return (RpcStatus) { .code = ERROR_INTERNAL, .message = "internal" };
        Error shown = *error;
        shown.message = short_message(arena, error->message);
        return (RpcStatus) {
                .code = (int) error->code,
                .message = shown.message,
                .details = pack_details_that_fit(arena, &shown),
        };
}

static ProtobufCMessage *unpack_detail(Arena *arena, const MessageInfo *info, const GoogleProtobufAny *any) {
        ProtobufCMessage *message;
        Bytes packed = { any->value.data, any->value.len };

        return proto_message_unpack(arena, info, packed, &message) ? NULL : message;
}

static void read_info(Arena *arena, const GoogleProtobufAny *any, Error *error) {
        const GoogleRpcErrorInfo *info = (void *) unpack_detail(arena, &google_rpc_error_info_info, any);

        if (info && *info->reason)
                error->reason = info->reason;
}

static void read_violations(Arena *arena, const GoogleProtobufAny *any, Error *error) {
        const GoogleRpcBadRequest *bad = (void *) unpack_detail(arena, &google_rpc_bad_request_info, any);

        for (size_t i = 0; bad && i < bad->n_field_violations; i++)
                error_add_violation(arena, error, bad->field_violations[i]->field,
                                    bad->field_violations[i]->description);
}

static void read_retry(Arena *arena, const GoogleProtobufAny *any, Error *error) {
        const GoogleRpcRetryInfo *retry = (void *) unpack_detail(arena, &google_rpc_retry_info_info, any);

        if (retry && retry->retry_delay)
                error->retry_after_ms =
                        retry->retry_delay->seconds * 1000 + retry->retry_delay->nanos / 1000000;
}

static void read_record(Arena *arena, const CommonV1ErrorRecord *record, Error *error) {
        ErrorValue *values = ARENA_ARRAY(arena, ErrorValue, record->n_values);

        for (size_t i = 0; i < record->n_values; i++) {
                const CommonV1ErrorValue *from = record->values[i];

                values[i] = from->value_case == COMMON__V1__ERROR_VALUE__VALUE_TEXT
                                    ? error_text(from->key, from->text)
                                    : error_number(from->key, from->number);
        }
        error_add_record(arena, error, values, record->n_values);
}

static void read_records(Arena *arena, const GoogleProtobufAny *any, Error *error) {
        const CommonV1ErrorRecords *records =
                (void *) unpack_detail(arena, &common_v1_error_records_info, any);

        for (size_t i = 0; records && i < records->n_records; i++)
                read_record(arena, records->records[i], error);
}

static void read_detail(Arena *arena, const GoogleProtobufAny *any, Error *error) {
        static const struct {
                const char *type_url;
                void (*read)(Arena *arena, const GoogleProtobufAny *any, Error *error);
        } readers[MAX_DETAILS] = {
                { TYPE_ERROR_INFO, read_info },
                { TYPE_BAD_REQUEST, read_violations },
                { TYPE_RETRY_INFO, read_retry },
                { TYPE_ERROR_RECORDS, read_records },
        };

        for (size_t i = 0; i < MAX_DETAILS; i++)
                if (str_equal(any->type_url, readers[i].type_url))
                        readers[i].read(arena, any, error);
}

/*
 * The reason of a status that came without one, from gRPC itself; NULL: no caller can do anything about it.
 */
static const char *reason_of_code(int code) {
        static const char *const reasons[] = {
                [ERROR_CANCELLED] = REASON_CANCELLED,
                [ERROR_DEADLINE_EXCEEDED] = REASON_DEADLINE_EXCEEDED,
                [ERROR_PERMISSION_DENIED] = REASON_PERMISSION_DENIED,
                [ERROR_RESOURCE_EXHAUSTED] = REASON_OVERLOADED,
                [ERROR_UNAVAILABLE] = REASON_UNAVAILABLE,
                [ERROR_UNAUTHENTICATED] = REASON_UNAUTHENTICATED,
        };

        return code > 0 && (size_t) code < ARRAY_SIZE(reasons) ? reasons[code] : NULL;
}

static void read_details(Arena *arena, const RpcStatus *status, Error *error) {
        ProtobufCMessage *message;

        if (status->details.n_bytes == 0 ||
            proto_message_unpack(arena, &google_rpc_status_info, status->details, &message))
                return;
        const GoogleRpcStatus *details = (const GoogleRpcStatus *) message;
        for (size_t i = 0; i < details->n_details; i++)
                read_detail(arena, details->details[i], error);
}

const Error *rpc_status_error(Arena *arena, const RpcStatus *status) {
        if (status->code == STATUS_OK)
                return NULL;
        Error *error = error_new(arena, (ErrorCode) status->code, NULL, "%s", status->message);
        read_details(arena, status, error);
        if (!error->reason)
                error->reason = reason_of_code(status->code);
        if (!error->reason)
                return error_internal(arena, NULL, "The service answered %s: %s",
                                      error_code_name((ErrorCode) status->code), status->message);
        return error;
}
