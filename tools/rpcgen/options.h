/* The options that Millrace and google.api.http add to services, methods, fields and reasons. */
#pragma once

#include "common/v1/options.pb-c.h"
#include "google/api/http.pb-c.h"
#include "model.h"

typedef Common__V1__MethodRules MethodRules;
typedef Common__V1__FieldRules FieldRules;
typedef Common__V1__ReasonRules ReasonRules;
typedef Common__V1__ServiceRules ServiceRules;
typedef Google__Api__HttpRule HttpRule;

/* Each is NULL when there is no such option. errors: INVALID_PROTO */
const Error *options_service(Arena *arena, const ServiceProto *service,
                             const ServiceRules **ret_rules) MUST_CHECK;
const Error *options_method(Arena *arena, const MethodProto *method,
                            const MethodRules **ret_rules) MUST_CHECK;
const Error *options_http(Arena *arena, const MethodProto *method, const HttpRule **ret_rule) MUST_CHECK;
const Error *options_field(Arena *arena, const FieldProto *field, const FieldRules **ret_rules) MUST_CHECK;
const Error *options_reason(Arena *arena, const EnumValueProto *value,
                            const ReasonRules **ret_rules) MUST_CHECK;
