#include <stdlib.h>

#include "base/list.h"
#include "base/memory.h"
#include "grpc/health/v1/health.rpc.h"
#include "rpc/server_call_private.h"

#define CHECK_PATH "/grpc.health.v1.Health/Check"
#define WATCH_PATH "/grpc.health.v1.Health/Watch"

typedef GrpcHealthV1HealthCheckResponseServingStatus ServingStatus;

#define SERVING GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING
#define NOT_SERVING GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__NOT_SERVING
#define SERVICE_UNKNOWN GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVICE_UNKNOWN
#define NOTHING_TOLD ((ServingStatus) -1)

/* One client that wants to hear of changes. */
typedef struct Watch {
        List link;
        HealthState *health;
        ServerCall *call;
        bool is_known; /* the service that it asks about */
        ServingStatus told;
        grpc_byte_buffer *sending; /* NULL: nothing is on its way */
        bool is_closed;
        Op sent;
} Watch;

struct HealthState {
        pthread_mutex_t lock;
        bool is_serving;
        List watches;
};

static ServingStatus status_of(const HealthState *health, bool is_known) {
        if (!is_known)
                return SERVICE_UNKNOWN;
        return health->is_serving ? SERVING : NOT_SERVING;
}

/* Under the lock. What changes while a message is on its way is told after it. */
static void tell(Watch *watch) {
        ServingStatus status = status_of(watch->health, watch->is_known);
        GrpcHealthV1HealthCheckResponse response = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__INIT;
        grpc_op ops[2];

        if (watch->sending || watch->is_closed || status == watch->told)
                return;
        response.status = status;
        watch->told = status;
        watch->sending = rpc_wire_pack(&response.base);
        size_t n_ops = rpc_call_add_headers(watch->call, ops);
        ops[n_ops++] =
                (grpc_op) { .op = GRPC_OP_SEND_MESSAGE, .data.send_message.send_message = watch->sending };
        rpc_wire_start(watch->call->call, ops, n_ops, &watch->sent);
}

static void watch_end(Watch *watch) {
        HealthState *health = watch->health;
        ServerCall *call = watch->call;

        pthread_mutex_lock(&health->lock);
        list_remove(&watch->link);
        pthread_mutex_unlock(&health->lock);
        free(watch);
        rpc_call_finish(call, NULL, NULL, NULL);
}

static void on_sent(void *owner, bool ok) {
        Watch *watch = owner;

        pthread_mutex_lock(&watch->health->lock);
        grpc_byte_buffer_destroy(watch->sending);
        watch->sending = NULL;
        watch->is_closed |= !ok;
        tell(watch);
        bool ends = watch->is_closed;
        pthread_mutex_unlock(&watch->health->lock);
        if (ends)
                watch_end(watch);
}

static void on_closed(void *session) {
        Watch *watch = session;

        pthread_mutex_lock(&watch->health->lock);
        watch->is_closed = true;
        bool ends = !watch->sending;
        pthread_mutex_unlock(&watch->health->lock);
        if (ends)
                watch_end(watch);
}

static bool is_known(const RpcServer *server, const char *service) {
        return str_is_empty(service) || rpc_server_find_service(server, service);
}

static const Error *read_request(ServerCall *call, bool *ret_is_known) {
        ProtobufCMessage *message;

        TRY(rpc_wire_unpack(call->arena, &grpc_health_v1_health_check_request_info, call->received,
                            &message));
        *ret_is_known = is_known(call->server, ((GrpcHealthV1HealthCheckRequest *) message)->service);
        return NULL;
}

/* Answered right here: a server whose workers are all busy is still healthy. */
static void begin_check(ServerCall *call) {
        GrpcHealthV1HealthCheckResponse response = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__INIT;
        HealthState *health = call->server->health;
        bool known;

        const Error *error = read_request(call, &known);
        if (!error && !known)
                error = error_new(call->arena, ERROR_NOT_FOUND, REASON_SERVICE_NOT_FOUND,
                                  "There is no such service here");
        pthread_mutex_lock(&health->lock);
        response.status = status_of(health, true);
        pthread_mutex_unlock(&health->lock);
        rpc_call_finish(call, &response.base, NULL, error);
}

static void watch_begin(Watch *watch) {
        HealthState *health = watch->health;

        pthread_mutex_lock(&health->lock);
        list_prepend(&health->watches, &watch->link);
        tell(watch);
        pthread_mutex_unlock(&health->lock);
}

static void begin_watch(ServerCall *call) {
        Watch *watch = MEMORY_NEW(Watch);

        *watch = (Watch) {
                .health = call->server->health,
                .call = call,
                .told = NOTHING_TOLD,
                .sent = { on_sent, watch },
        };
        const Error *error = read_request(call, &watch->is_known);
        if (!error && !rpc_call_begin_session(call, watch, on_closed))
                error = error_new(call->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE,
                                  "The server is shutting down");
        if (!error) {
                watch_begin(watch);
                return;
        }
        free(watch);
        rpc_call_finish(call, NULL, NULL, error);
}

HealthState *rpc_health_new(RpcServer *server) {
        HealthState *health = MEMORY_NEW(HealthState);

        pthread_mutex_init(&health->lock, NULL);
        list_init(&health->watches);
        rpc_server_list_service(server, &health_rpc);
        rpc_server_add_route(server, CHECK_PATH, false, begin_check);
        rpc_server_add_route(server, WATCH_PATH, false, begin_watch);
        return health;
}

void rpc_health_set_serving(HealthState *health, bool serving) {
        pthread_mutex_lock(&health->lock);
        health->is_serving = serving;
        LIST_FOR_EACH(Watch, watch, &health->watches, link)
                tell(watch);
        pthread_mutex_unlock(&health->lock);
}

void rpc_health_free(HealthState *health) {
        pthread_mutex_destroy(&health->lock);
        free(health);
}
