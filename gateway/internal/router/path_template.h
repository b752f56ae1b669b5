/* Path templates of HTTP rules: literal segments and variables, "/api/v1/orders/{order_id}/cancel". */
#pragma once

#include "base/error.h"

/* Exactly one of the two. */
typedef struct GatewaySegment {
        const char *literal;
        const char *variable; /* a proto field's name */
} GatewaySegment;

typedef struct GatewayTemplate {
        const GatewaySegment *segments;
        size_t n_segments;
} GatewayTemplate;

/* A request's path, split and decoded. */
typedef struct GatewayPath {
        const char *const *segments;
        size_t n_segments;
} GatewayPath;

/*
 * Parses a template; wildcards and custom verbs (":cancel") are not part of this.
 *
 * errors     internal when it is not such a template
 */
const Error *gateway_template_parse(Arena *arena, const char *text, GatewayTemplate *ret_template) MUST_CHECK;

/* False when a segment does not decode; "/a%2Fb" is one segment. */
bool gateway_path_split(Arena *arena, const char *path, GatewayPath *ret_path)
        __attribute__((warn_unused_result));

/* Variables match any segment that is not empty. */
bool gateway_template_matches(const GatewayTemplate *wanted, const GatewayPath *path);

/* Negative when a must be tried before b, since it is more literal; 0 when they match the same paths. */
int gateway_template_compare(const GatewayTemplate *a, const GatewayTemplate *b);
