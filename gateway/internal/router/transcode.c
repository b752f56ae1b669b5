#include "router/transcode.h"

#include <string.h>
#include <strings.h>

#include "base/card.h"
#include "gateway/v1/gateway.reasons.h"
#include "json/codec.h"
#include "proto/field.h"

static const char json_type[] = "application/json";

static const Error *invalid(Arena *arena, const char *name, const char *description) {
        return error_invalid(arena, card_hidden(name), "%s", description);
}

/* No charset, or the only one that JSON has. */
static bool is_utf8(const char *parameters) {
        static const char utf8[] = "utf-8", end[] = "\"; \t";
        const char *charset = strcasestr(parameters, "charset=");

        if (!charset)
                return true;
        charset += strlen("charset=");
        charset += *charset == '"';
        return strncasecmp(charset, utf8, strlen(utf8)) == 0 && strchr(end, charset[strlen(utf8)]);
}

/* "application/json", with or without parameters behind it. */
static bool is_json(const char *content_type) {
        if (strncasecmp(content_type, json_type, strlen(json_type)) != 0)
                return false;
        const char *rest = content_type + strlen(json_type);
        rest += strspn(rest, " \t");
        return !*rest || (*rest == ';' && is_utf8(rest));
}

/* A request without a body and without a word about its type means "{}". */
static bool has_body(const HttpRequest *request) {
        return request->body.n_bytes > 0 || http_request_header(request, "Content-Type");
}

static const Error *check_content_type(const HttpRequest *request) {
        const char *content_type = http_request_header(request, "Content-Type");

        if (content_type && is_json(content_type))
                return NULL;
        return error_new(request->arena, ERROR_INVALID_ARGUMENT, REASON_UNSUPPORTED_MEDIA_TYPE,
                         "The body must be %s", json_type);
}

static const Error *check_encoding(const HttpRequest *request) {
        const char *encoding = http_request_header(request, "Content-Encoding");

        if (!encoding || strcasecmp(encoding, "identity") == 0)
                return NULL;
        return error_new(request->arena, ERROR_INVALID_ARGUMENT, REASON_UNSUPPORTED_MEDIA_TYPE,
                         "The body must not be encoded (compressed)");
}

static const Error *read_body(const GatewayRoute *route, const HttpRequest *request,
                              ProtobufCMessage **ret_message) {
        const MessageInfo *info = route->method->request;
        const char *text = (const char *) request->body.data;

        *ret_message = proto_message_new(request->arena, info);
        if (!route->rule->body)
                return request->body.n_bytes > 0
                               ? invalid(request->arena, "body", "is not taken by this call")
                               : NULL;
        if (!has_body(request))
                return NULL;
        TRY(check_encoding(request));
        TRY(check_content_type(request));
        if (str_equal(route->rule->body, "*"))
                return json_read_message(request->arena, info, text, request->body.n_bytes, ret_message);
        return json_read_field(request->arena, info, *ret_message, route->rule->body, text,
                               request->body.n_bytes);
}

/* Whether a field that takes one value has come before: of two, two readers could take different ones. */
static bool comes_again(const MessageInfo *info, const char *name, uint64_t *seen) {
        unsigned field = proto_field_find(info, name, strlen(name), 0);

        if (field == FIELD_NONE || field_is_list(&info->descriptor->fields[field]))
                return false;
        uint64_t before = *seen;
        *seen |= proto_field_bit(info->descriptor, field);
        return *seen == before;
}

/* A rule whose body is "*" leaves no field to the query. */
static const Error *read_query(const GatewayRoute *route, const HttpRequest *request,
                               ProtobufCMessage *message) {
        bool is_all_in_body = route->rule->body && str_equal(route->rule->body, "*");
        uint64_t seen = 0;

        for (size_t i = 0; i < request->n_query; i++) {
                const HttpPair *pair = &request->query[i];

                if (str_starts_with(pair->name, "utm_"))
                        continue;
                if (is_all_in_body)
                        return invalid(request->arena, pair->name, "is not a parameter of this call");
                if (comes_again(route->method->request, pair->name, &seen))
                        return invalid(request->arena, pair->name, "comes twice");
                TRY(json_set_scalar(request->arena, route->method->request, message, pair->name,
                                    pair->value));
        }
        return NULL;
}

static const Error *read_path(const GatewayMatch *match, Arena *arena, ProtobufCMessage *message) {
        const GatewayTemplate *template = &match->route->path;

        for (size_t i = 0; i < template->n_segments; i++)
                if (template->segments[i].variable)
                        TRY(json_set_scalar(arena, match->route->method->request, message,
                                            template->segments[i].variable, match->path.segments[i]));
        return NULL;
}

const Error *gateway_read_request(const GatewayMatch *match, const HttpRequest *request,
                                  ProtobufCMessage **ret_message) {
        ProtobufCMessage *message;

        TRY(read_body(match->route, request, &message));
        TRY(read_query(match->route, request, message));
        TRY(read_path(match, request->arena, message));
        *ret_message = message;
        return NULL;
}

void gateway_write_response(StrBuf *out, const GatewayRoute *route, const ProtobufCMessage *message) {
        const MessageInfo *info = route->method->response;

        if (route->rule->response_body)
                json_add_field(out, info, message, route->rule->response_body);
        else
                json_add_message(out, info, message);
}
