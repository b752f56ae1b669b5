/*
 * The life of a process: configuration, health, serving, and a drain on SIGTERM that finishes the calls in
 * flight.
 *
 *         int main(int argc, char **argv) {
 *                 App *app = app_new(&spec, argc, argv);       reads the environment, exits if it is wrong
 *                 ...                                          objects in dependency order
 *                 app_serve(app, &order_service_rpc, order_server_interface(server));
 *                 app_component(app, &component);              started in this order, stopped in reverse
 *                 return app_run(app);
 *         }
 */
#pragma once

#include "app/config.h"
#include "base/ctx.h"
#include "rpc/admission.h"
#include "rpc/channel.h"
#include "rpc/method.h"

typedef struct App App;

typedef struct AppSpec {
        const char *program; /* "millrace-order" */
        const char *summary; /* one sentence, for --help */
        const char *grpc_port; /* the default of MILLRACE_GRPC_PORT ("8001"); NULL: any free one */
        const ConfigVariable *variables; /* beside those that every process has */
        size_t n_variables;
} AppSpec;

/* A part with threads or connections of its own. */
typedef struct AppComponent {
        const char *name;
        void *self;
        /* Each may be NULL. */
        const Error *(*start)(void *self, Ctx *ctx); /* UNAVAILABLE is retried, with a log line, for ever */
        void (*drain)(void *self);                   /* stops taking new work */
        void (*stop)(void *self);                    /* waits for its work and ends */
        const Error *(*ready)(void *self, Ctx *ctx); /* asked by health checks */
} AppComponent;

/*
 * Handles --help, reads the configuration, sets up logs, faults, signals and the worker pool; called before
 * anything starts a thread. Exits with 2 and a sentence on a problem.
 */
App *app_new(const AppSpec *spec, int argc, char **argv);

/* When calls run, of all edges of the process, and the workers that run them. */
Admission *app_admission(App *app);

/*
 * A remote channel to a service ("127.0.0.1:8002", "dns:///warehouse:8001"), with this process's service
 * token.
 */
RpcChannel *app_connect(App *app, const char *target);

/*
 * Serves a service on the process's gRPC port (with health and reflection), once app_run has started
 * everything.
 */
void app_serve(App *app, const RpcService *service, void *implementation);

void app_component(App *app, const AppComponent *component);

/*
 * What every component said when it was asked last, a second ago: what health, readiness and the gateway
 * show. Never waits; any thread. Services that are called over the network are not asked: who cannot reach
 * one fails the calls that need it, and can serve the others.
 *
 * errors     UNAVAILABLE while the process starts or stops, and when a component is not ready, its name in
 * front
 */
const Error *app_is_ready(App *app, Ctx *ctx) MUST_CHECK;

/*
 * Starts the components, serves, waits for SIGTERM or SIGINT, drains, stops, and frees the app with its
 * workers and channels. A second signal ends the process at once.
 *
 * Returns the exit code: 0 after a signal, 1 when a component or the port failed.
 */
int app_run(App *app);
