/* The services of a file, checked and with everything that the emitters need to know. */
#pragma once

#include "model.h"
#include "options.h"

/* One google.api.http binding; body and response_body are NULL when the rule has none. */
typedef struct HttpBinding {
        const char *verb;
        const char *path;
        const char *body;
        const char *response_body;
        int status;
} HttpBinding;

typedef struct MethodEntry {
        const char *name;  /* "PlaceOrder" */
        const char *snake; /* "place_order" */
        const char *comment;
        const char *request; /* full name of the message */
        const char *response;
        const char *access; /* "ROLE_CUSTOMER | ROLE_ADMIN", or "0" */
        const char *instead; /* NULL: nothing is said */
        bool takes_key;
        bool long_running;
        bool inner;
        bool streams; /* the server does; the client never */
        HttpBinding *http;
        size_t n_http;
        const char **errors; /* reasons, without their packages */
        size_t n_errors;
} MethodEntry;

typedef struct ServiceEntry {
        const char *full_name; /* "order.v1.OrderService" */
        const char *domain;    /* "order" */
        uint32_t default_port; /* 0: none */
        const char *type;      /* "OrderService" */
        const char *snake;     /* "order_service" */
        const char *upper;     /* "ORDER_SERVICE" */
        const char *comment;
        MethodEntry *methods;
        size_t n_methods;
} ServiceEntry;

/*
 * errors     INVALID_PROTO: an option that does not unpack, a wrong HTTP rule, a client that streams, an
 *            error that is no reason
 */
const Error *services_read(const Model *model, const FileEntry *file, ServiceEntry **ret_services,
                           size_t *ret_n_services) MUST_CHECK;
