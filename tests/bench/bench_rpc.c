/* What one empty call costs: the typed interface in this process, a local channel, and gRPC on loopback. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "grpc/health/v1/health.rpc.h"
#include "rpc/local.h"
#include "rpc/middleware.h"
#include "rpc/remote.h"
#include "rpc/server.h"

#define LOCAL_CALLS 1000000
#define REMOTE_CALLS 20000
#define RUNS 5

static const Error *health_check(Health *self, Ctx *ctx, const GrpcHealthV1HealthCheckRequest *request,
                                 GrpcHealthV1HealthCheckResponse *response) {
        (void) self, (void) ctx, (void) request;
        response->status = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING;
        return NULL;
}

static const Error *health_watch(Health *self, Ctx *ctx, const GrpcHealthV1HealthCheckRequest *request,
                                 RpcStream *out) {
        (void) self, (void) ctx, (void) request, (void) out;
        return NULL;
}

static void call_often(Health *health, int n_calls) {
        Arena *arena = arena_new();

        for (int i = 0; i < n_calls; i++) {
                Ctx ctx = ctx_background(arena);
                const Error *error =
                        health->check(health, &ctx, grpc_health_v1_health_check_request_new(arena),
                                      grpc_health_v1_health_check_response_new(arena));
                if (error) {
                        fprintf(stderr, "%s\n", log_cause(arena, error).text);
                        exit(1);
                }
                arena_reset(arena);
        }
        arena_free(arena);
}

static int compare(const void *left, const void *right) {
        const double *a = left, *b = right;

        return *a < *b ? -1 : *a > *b;
}

/* Median of the runs, in microseconds per call. */
static double measure_us(Health *health, int n_calls) {
        double runs[RUNS];

        for (int i = 0; i < RUNS; i++) {
                int64_t started_us = clock_monotonic_us();
                call_often(health, n_calls);
                runs[i] = (double) (clock_monotonic_us() - started_us) / n_calls;
        }
        qsort(runs, RUNS, sizeof(runs[0]), compare);
        return runs[RUNS / 2];
}

int main(void) {
        Health health = HEALTH_IMPL(health);
        Arena *arena = arena_new();
        Workers *workers = workers_new(2, 64);
        Admission *admission = rpc_admission_new(workers, 2, &(AdmissionLimits) { .n_waiting = 64 });
        RpcServer *server = rpc_server_new(&(RpcServerConfig) {
                .address = "127.0.0.1", .n_threads = 1, .admission = admission });

        log_init("bench", LOG_ERROR);
        if (rpc_server_start(server, arena)) {
                fprintf(stderr, "no port for gRPC\n");
                return 1;
        }
        rpc_server_set_serving(server, true);
        void *implementation = &health;
        RpcChannel *local = rpc_local_channel_new(arena, &(RpcLocalConfig) {
                .service = &health_rpc, .caller = "bench", .implementation = &implementation,
                .timeout_ms = 10000 });
        RpcChannel *remote = rpc_remote_channel_new(&(RpcRemoteConfig) {
                .target = arena_printf(arena, "127.0.0.1:%d", rpc_server_port(server)),
                .timeout_ms = 10000 });
        double direct_us = measure_us(&health, LOCAL_CALLS);
        double local_us = measure_us(health_connect(arena, local), LOCAL_CALLS);
        double remote_us = measure_us(health_connect(arena, remote), REMOTE_CALLS);
        printf("{\"local_us\":%.4f,\"local_channel_us\":%.4f,\"remote_us\":%.2f}\n", direct_us, local_us,
               remote_us);
        rpc_remote_channel_free(remote);
        rpc_server_stop(server, 1000);
        rpc_server_free(server);
        workers_free(workers);
        rpc_admission_free(admission);
        arena_free(arena);
        return 0;
}
