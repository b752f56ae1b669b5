#include "service.h"

#include <string.h>

#include "names.h"
#include "reasons.h"

#define HTTP_STATUS_OK 200

static const char *role_set(Arena *arena, const MethodRules *rules) {
        StrBuf buf = { .arena = arena };

        for (size_t i = 0; rules && i < rules->n_access; i++) {
                const ProtobufCEnumValue *role = protobuf_c_enum_descriptor_get_value(
                        &common__v1__role__descriptor, (int) rules->access[i]);
                if (!role || role->value == COMMON__V1__ROLE__ROLE_UNSPECIFIED)
                        return NULL;
                strbuf_addf(&buf, "%s%s", i > 0 ? " | " : "", role->name);
        }
        return buf.n_bytes > 0 ? strbuf_text(&buf) : "0";
}

static HttpBinding binding_of(const HttpRule *rule, int status) {
        HttpBinding binding = { .body = str_or_null(rule->body),
                                .response_body = str_or_null(rule->response_body),
                                .status = status };

        switch (rule->pattern_case) {
        case GOOGLE__API__HTTP_RULE__PATTERN_GET:
                binding.verb = "GET", binding.path = rule->get;
                break;
        case GOOGLE__API__HTTP_RULE__PATTERN_PUT:
                binding.verb = "PUT", binding.path = rule->put;
                break;
        case GOOGLE__API__HTTP_RULE__PATTERN_POST:
                binding.verb = "POST", binding.path = rule->post;
                break;
        case GOOGLE__API__HTTP_RULE__PATTERN_DELETE:
                binding.verb = "DELETE", binding.path = rule->delete_;
                break;
        case GOOGLE__API__HTTP_RULE__PATTERN_PATCH:
                binding.verb = "PATCH", binding.path = rule->patch;
                break;
        case GOOGLE__API__HTTP_RULE__PATTERN_CUSTOM:
                binding.verb = rule->custom->kind, binding.path = rule->custom->path;
                break;
        default:
                break;
        }
        return binding;
}

static const FieldProto *find_field(const MessageEntry *message, const char *name, size_t n_bytes) {
        for (size_t i = 0; i < message->proto->n_field; i++) {
                const FieldProto *field = message->proto->field[i];

                if (strlen(field->name) == n_bytes && memcmp(field->name, name, n_bytes) == 0)
                        return field;
        }
        return NULL;
}

static bool is_single_value(const FieldProto *field) {
        return field->label != GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED &&
               field->type != GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_MESSAGE;
}

/* Every {name} of the path is a field of the request that a piece of a path can hold. */
static const Error *check_path(Arena *arena, const MessageEntry *request, const char *path) {
        for (const char *open = strchr(path, '{'); open; open = strchr(open + 1, '{')) {
                const char *name = open + 1;
                int n_bytes = (int) strcspn(name, "}");
                const FieldProto *field = find_field(request, name, (size_t) n_bytes);

                if (!field)
                        return error_new(arena, ERROR_INVALID_ARGUMENT, INNER_INVALID_PROTO,
                                         "path %s: %s has no field %.*s", path, request->full_name, n_bytes,
                                         name);
                if (!is_single_value(field))
                        return error_new(arena, ERROR_INVALID_ARGUMENT, INNER_INVALID_PROTO,
                                         "path %s: %s is not a single value", path, field->name);
        }
        return NULL;
}

static const Error *check_body(Arena *arena, const MessageEntry *message, const char *what,
                               const char *field) {
        if (!field || str_equal(field, "*") || find_field(message, field, strlen(field)))
                return NULL;
        return error_new(arena, ERROR_INVALID_ARGUMENT, INNER_INVALID_PROTO, "%s: %s has no field %s", what,
                         message->full_name, field);
}

static const Error *read_bindings(const Model *model, const MethodProto *proto, int status,
                                  MethodEntry *method) {
        const MessageEntry *request = model_message(model, proto->input_type);
        const MessageEntry *response = model_message(model, proto->output_type);
        const HttpRule *rule;

        TRY(options_http(model->arena, proto, &rule));
        if (!rule)
                return NULL;
        method->n_http = 1 + rule->n_additional_bindings;
        method->http = ARENA_ARRAY(model->arena, HttpBinding, method->n_http);
        for (size_t i = 0; i < method->n_http; i++) {
                HttpBinding binding = binding_of(i == 0 ? rule : rule->additional_bindings[i - 1], status);

                if (!binding.path)
                        return error_new(model->arena, ERROR_INVALID_ARGUMENT, INNER_INVALID_PROTO,
                                         "an HTTP rule without a path");
                TRY(check_path(model->arena, request, binding.path));
                TRY(check_body(model->arena, request, "body", binding.body));
                TRY(check_body(model->arena, response, "response_body", binding.response_body));
                method->http[i] = binding;
        }
        return NULL;
}

static const Error *read_method(const Model *model, const FileEntry *file, const MethodProto *proto,
                                MethodEntry *method) {
        const MethodRules *rules;

        if (proto->client_streaming)
                return error_new(model->arena, ERROR_INVALID_ARGUMENT, INNER_INVALID_PROTO,
                                 "the client streams, for which there is no interface");
        TRY(options_method(model->arena, proto, &rules));
        method->name = proto->name;
        method->snake = name_snake(model->arena, proto->name);
        method->request = proto->input_type + 1;
        method->response = proto->output_type + 1;
        method->streams = proto->server_streaming;
        method->access = role_set(model->arena, rules);
        method->instead = rules ? str_or_null(rules->instead) : NULL;
        method->takes_key = rules && rules->takes_key;
        method->long_running = rules && rules->long_running;
        method->inner = rules && rules->inner;
        if (!method->access)
                return error_new(model->arena, ERROR_INVALID_ARGUMENT, INNER_INVALID_PROTO,
                                 "access names a role that is none");
        TRY(reasons_read_errors(model, file, rules, method));
        return read_bindings(model, proto, rules && rules->http_status ? rules->http_status : HTTP_STATUS_OK,
                             method);
}

static const Error *read_service(const Model *model, const FileEntry *file, size_t index,
                                 ServiceEntry *service) {
        const ServiceProto *proto = file->proto->service[index];
        const ServiceRules *rules;

        TRY(options_service(model->arena, proto, &rules));
        service->domain = arena_strndup(model->arena, file->package, strcspn(file->package, "."));
        service->default_port = rules ? rules->default_port : 0;
        service->full_name = name_join(model->arena, file->package, proto->name);
        service->type = name_type(model->arena, proto->name);
        service->snake = name_snake(model->arena, proto->name);
        service->upper = name_upper(model->arena, proto->name);
        service->comment = model_service_comment(model, file, index);
        service->n_methods = proto->n_method;
        service->methods = ARENA_ARRAY(model->arena, MethodEntry, proto->n_method);
        for (size_t i = 0; i < proto->n_method; i++) {
                const Error *error = read_method(model, file, proto->method[i], &service->methods[i]);

                if (error)
                        return error_new(model->arena, ERROR_INVALID_ARGUMENT, INNER_INVALID_PROTO,
                                         "%s.%s: %s", service->full_name, proto->method[i]->name,
                                         error->message);
                service->methods[i].comment = model_method_comment(model, file, index, i);
        }
        return NULL;
}

const Error *services_read(const Model *model, const FileEntry *file, ServiceEntry **ret_services,
                           size_t *ret_n_services) {
        ServiceEntry *services = ARENA_ARRAY(model->arena, ServiceEntry, file->proto->n_service);

        for (size_t i = 0; i < file->proto->n_service; i++)
                TRY(read_service(model, file, i, &services[i]));
        *ret_services = services;
        *ret_n_services = file->proto->n_service;
        return NULL;
}
