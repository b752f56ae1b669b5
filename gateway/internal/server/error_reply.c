#include "server/error_reply.h"

#include "base/memory.h"
#include "gateway/v1/gateway.reasons.h"
#include "json/codec.h"
#include "services.h"

#define DEFAULT_RETRY_AFTER_MS 1000

static const int code_statuses[] = {
        [ERROR_CANCELLED] = 499,
        [ERROR_UNKNOWN] = 500,
        [ERROR_INVALID_ARGUMENT] = 400,
        [ERROR_DEADLINE_EXCEEDED] = 503,
        [ERROR_NOT_FOUND] = 404,
        [ERROR_ALREADY_EXISTS] = 409,
        [ERROR_PERMISSION_DENIED] = 403,
        [ERROR_RESOURCE_EXHAUSTED] = 503,
        [ERROR_FAILED_PRECONDITION] = 400,
        [ERROR_ABORTED] = 409,
        [ERROR_OUT_OF_RANGE] = 400,
        [ERROR_UNIMPLEMENTED] = 501,
        [ERROR_INTERNAL] = 500,
        [ERROR_UNAVAILABLE] = 503,
        [ERROR_DATA_LOSS] = 500,
        [ERROR_UNAUTHENTICATED] = 401,
};

/* 0: the code's. */
static int status_of_reason(const char *reason) {
        for (const RpcReason *const *table = protos_reasons; *table; table++)
                for (const RpcReason *known = *table; known->name; known++)
                        if (str_equal(known->name, reason))
                                return known->http_status;
        return 0;
}

int gateway_error_status(const Error *error) {
        size_t n_codes = ARRAY_SIZE(code_statuses);
        int status = error->reason ? status_of_reason(error->reason) : 0;

        if (status)
                return status;
        return (size_t) error->code < n_codes && code_statuses[error->code] ? code_statuses[error->code]
                                                                            : 500;
}

static void add_members(StrBuf *body, const ErrorRecord *record) {
        for (size_t i = 0; i < record->n_values; i++) {
                const ErrorValue *value = &record->values[i];

                if (i > 0)
                        strbuf_add_char(body, ',');
                json_add_string(body, value->key);
                strbuf_add_char(body, ':');
                if (value->text)
                        json_add_string(body, value->text);
                else
                        strbuf_addf(body, "%lld", (long long) value->number);
        }
}

/* One record is the details; of several each is one of the items. */
static void add_records(StrBuf *body, const Error *error) {
        if (error->n_records == 1) {
                add_members(body, &error->records[0]);
                return;
        }
        strbuf_add(body, "\"items\":[");
        for (size_t i = 0; i < error->n_records; i++) {
                strbuf_add(body, i > 0 ? ",{" : "{");
                add_members(body, &error->records[i]);
                strbuf_add_char(body, '}');
        }
        strbuf_add_char(body, ']');
}

static void add_violations(StrBuf *body, const Error *error) {
        strbuf_add(body, "\"violations\":[");
        for (size_t i = 0; i < error->n_violations; i++) {
                strbuf_add(body, i > 0 ? ",{\"field\":" : "{\"field\":");
                json_add_string(body, error->violations[i].field);
                strbuf_add(body, ",\"description\":");
                json_add_string(body, error->violations[i].description);
                strbuf_add_char(body, '}');
        }
        strbuf_add_char(body, ']');
}

static void add_details(StrBuf *body, const Error *error) {
        if (error->n_records > 0)
                add_records(body, error);
        if (error->n_records > 0 && error->n_violations > 0)
                strbuf_add_char(body, ',');
        if (error->n_violations > 0)
                add_violations(body, error);
}

static void write_body(StrBuf *body, const Error *error) {
        strbuf_add(body, "{\"error\":");
        json_add_string(body, error->reason ? error->reason : REASON_INTERNAL);
        strbuf_add(body, ",\"message\":");
        json_add_string(body, error->reason ? error->message : "internal");
        strbuf_add(body, ",\"details\":{");
        if (error->reason)
                add_details(body, error);
        strbuf_add(body, "}}");
}

static void add_headers(HttpResponse *response, const Error *error, bool may_repeat) {
        int64_t retry_after_ms = error->retry_after_ms;

        if (response->status == 503 && retry_after_ms == 0 && may_repeat)
                retry_after_ms = DEFAULT_RETRY_AFTER_MS;
        if (retry_after_ms > 0)
                http_response_header(
                        response, "Retry-After",
                        arena_printf(response->arena, "%lld", (long long) (retry_after_ms + 999) / 1000));
}

void gateway_reply_error(HttpResponse *response, const Error *error, bool may_repeat) {
        StrBuf body = { .arena = response->arena };

        write_body(&body, error);
        response->status = gateway_error_status(error);
        response->content_type = "application/json";
        response->body = (Bytes) { (const uint8_t *) body.text, body.n_bytes };
        add_headers(response, error, may_repeat);
}
