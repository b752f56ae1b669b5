#include "app/app.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "app/descriptors.h"
#include "app/metrics.h"
#include "app/operations.h"
#include "app/settings.h"
#include "base/callee.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "rpc/middleware.h"
#include "rpc/remote.h"
#include "rpc/server.h"

#define MAX_COMPONENTS 32
#define MAX_CHANNELS 32
#define READY_INTERVAL_MS 1000
#define READY_TIMEOUT_MS 1000
#define READY_STALE_MS 10000 /* a look that takes longer has met something that hangs */
#define MAX_UNREADY_BYTES 256
#define UNHEARD_UNREADY 5 /* connections to itself in a row that nobody took: it is not ready */
#define UNHEARD_END 10    /* it ends, to be started anew: it would never take one again */
#define RETRY_FIRST_MS 100
#define RETRY_MAX_MS 1000
#define PROGRAM_PREFIX "millrace-"

typedef enum AppState { APP_STARTING, APP_RUNNING, APP_STOPPING } AppState;

struct App {
        const char *name; /* "order" */
        AppSettings settings;
        Arena *arena;
        sigset_t signals;
        Workers *workers;
        Admission *admission;
        TokenVerifier *verifier;
        TokenSigner *signer;
        RpcServer *server; /* NULL: serves nothing */
        Operations *operations; /* NULL: has no port of its own */
        RpcChannel *channels[MAX_CHANNELS];
        size_t n_channels;
        AppComponent components[MAX_COMPONENTS];
        size_t n_components;
        size_t n_started;
        _Atomic AppState state;
        bool serves; /* the server was started */
        int n_unheard; /* of the connections that it made to itself last */
        pthread_mutex_t ready_lock;
        bool is_ready;
        char unready[MAX_UNREADY_BYTES]; /* why it is not */
        int64_t ready_checked_us;
};

/* Only app_run takes these signals; every thread that is made later inherits that. */
static void block_signals(App *app) {
        sigemptyset(&app->signals);
        sigaddset(&app->signals, SIGTERM);
        sigaddset(&app->signals, SIGINT);
        pthread_sigmask(SIG_BLOCK, &app->signals, NULL);
        signal(SIGPIPE, SIG_IGN);
}

static void init_faults(void) {
        const char *problem;

        if (fault_init(&problem))
                return;
        fprintf(stderr, "%s\n", problem);
        exit(2);
}

/* Keys and passwords are in memory: nobody but root looks into it, and no core file gets them. */
static void hide_memory(const AppSettings *settings) {
        if (!settings->dumpable)
                prctl(PR_SET_DUMPABLE, 0);
}

static const char *name_of(const char *program) {
        return str_starts_with(program, PROGRAM_PREFIX) ? program + strlen(PROGRAM_PREFIX) : program;
}

static void make_workers(App *app) {
        const AppSettings *settings = &app->settings;

        app->workers = workers_new((size_t) settings->n_workers, (size_t) settings->queue_limit);
        app->admission = admission_new(app->workers, (size_t) settings->n_workers,
                                       &(AdmissionLimits) {
                                               .n_method_calls = (size_t) settings->method_calls,
                                               .n_caller_calls = (size_t) settings->caller_calls,
                                               .n_caller_waiting = (size_t) settings->caller_waiting,
                                               .n_waiting = (size_t) settings->queue_limit,
                                       });
}

static Metric *open_breakers, *refused_calls;

static void count_callee(const char *callee, const char *method, CalleeEvent event) {
        if (event == CALLEE_REFUSED) {
                metric_add(refused_calls, 1, METRIC_LABELS({ "callee", callee }, { "method", method }));
                return;
        }
        log_warning(event == CALLEE_OPENED ? "a breaker opened" : "a breaker closed",
                    log_text("callee", callee), log_text("method", method));
        metric_set(open_breakers, event == CALLEE_OPENED,
                   METRIC_LABELS({ "callee", callee }, { "method", method }));
}

static void init_callees(const AppSettings *settings) {
        int64_t half = (settings->n_workers + 1) / 2;

        open_breakers = metric_gauge("callee_breaker_open",
                                     "1 while a method of another service fails, and is not called.");
        refused_calls =
                metric_counter("callee_refusals_total", "Calls to another service that were not made.");
        callee_init(&(CalleeLimits) {
                .n_calls = (size_t) (settings->callee_calls ? settings->callee_calls : half),
                .wait_ms = settings->callee_wait_ms,
                .breaker = { .n_failures = settings->breaker_failures,
                             .window_ms = settings->breaker_window_ms,
                             .trial_ms = settings->breaker_trial_ms },
        }, count_callee);
}

App *app_new(const AppSpec *spec, int argc, char **argv) {
        Arena *arena = arena_new();
        App *app = ARENA_NEW(arena, App);

        app->arena = arena;
        app->name = name_of(spec->program);
        app_settings_read(spec, argc, argv, &app->settings);
        hide_memory(&app->settings);
        init_faults();
        log_init(app->name, app->settings.level);
        rpc_log_successes(app->settings.calls_level);
        block_signals(app);
        descriptors_raise();
        make_workers(app);
        init_callees(&app->settings);
        pthread_mutex_init(&app->ready_lock, NULL);
        return app;
}

Admission *app_admission(App *app) {
        return app->admission;
}

static void exit_on(App *app, const char *variable, const Error *error) {
        if (!error)
                return;
        fprintf(stderr, "%s: %s\n", variable, log_cause(app->arena, error).text);
        exit(2);
}

static TokenSigner *signer_of(App *app) {
        static const char variable[] = "MILLRACE_SERVICE_KEY_FILE";

        if (app->signer)
                return app->signer;
        const char *key = app_settings_file(app->arena, variable, app->settings.service_key_file);
        exit_on(app, variable, token_signer_new(app->arena, key, &app->signer));
        return app->signer;
}

static TokenVerifier *verifier_of(App *app) {
        static const char variable[] = "MILLRACE_JWKS_FILE";

        if (app->verifier)
                return app->verifier;
        const char *jwks = app_settings_file(app->arena, variable, app->settings.jwks_file);
        exit_on(app, variable, token_verifier_new(app->arena, jwks, &app->verifier));
        return app->verifier;
}

RpcChannel *app_connect(App *app, const char *target) {
        if (app->n_channels == MAX_CHANNELS)
                abort();
        RpcChannel *channel = rpc_remote_channel_new(&(RpcRemoteConfig) {
                .target = target,
                .name = app->name,
                .signer = signer_of(app),
                .timeout_ms = app->settings.call_ms,
        });
        app->channels[app->n_channels++] = channel;
        return channel;
}

void app_serve(App *app, const RpcService *service, void *implementation) {
        if (!app->server)
                app->server = rpc_server_new(&(RpcServerConfig) {
                        .address = app->settings.grpc_address,
                        .port = (uint16_t) app->settings.grpc_port,
                        .n_threads = (size_t) app->settings.grpc_threads,
                        .admission = app->admission,
                        .verifier = verifier_of(app),
                        .reflection = app->settings.reflection,
                });
        rpc_server_add(app->server, service, implementation);
}

void app_component(App *app, const AppComponent *component) {
        if (app->n_components == MAX_COMPONENTS)
                abort();
        app->components[app->n_components++] = *component;
}

static const Error *component_is_ready(const AppComponent *component, Ctx *ctx) {
        const Error *error = component->ready ? component->ready(component->self, ctx) : NULL;

        if (!error)
                return NULL;
        return error_wrap(ctx->arena, error->code, error->reason, error, "%s: %s", component->name,
                          error->message);
}

/* A listener may be deaf for ever while the connections that there are go on (rpc/dial.h). */
static void dial_itself(App *app) {
        if (app->serves)
                app->n_unheard = rpc_server_answers(app->server) ? 0 : app->n_unheard + 1;
}

static const Error *parts_are_ready(App *app, Ctx *ctx) {
        if (app->n_unheard >= UNHEARD_UNREADY)
                return error_new(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE,
                                 "The gRPC port takes no connections");
        for (size_t i = 0; i < app->n_components; i++)
                TRY(component_is_ready(&app->components[i], ctx));
        return NULL;
}

static bool is_stale(const App *app) {
        return clock_monotonic_us() - app->ready_checked_us > READY_STALE_MS * INT64_C(1000);
}

const Error *app_is_ready(App *app, Ctx *ctx) {
        AppState state = atomic_load(&app->state);
        const Error *error = NULL;

        if (state != APP_RUNNING)
                return error_new(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, "The process is %s",
                                 state == APP_STARTING ? "starting" : "stopping");
        pthread_mutex_lock(&app->ready_lock);
        if (is_stale(app))
                error = error_new(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE,
                                  "The process has not looked at its parts for %d ms", READY_STALE_MS);
        else if (!app->is_ready)
                error = error_new(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, "%s", app->unready);
        pthread_mutex_unlock(&app->ready_lock);
        return error;
}

/* True when one came within the time. */
static bool wait_for_signal(App *app, int64_t timeout_ms) {
        const struct timespec timeout = { .tv_sec = timeout_ms / 1000,
                                          .tv_nsec = timeout_ms % 1000 * 1000000 };
        int64_t end_us = clock_monotonic_us() + timeout_ms * 1000;
        int number;

        do
                number = sigtimedwait(&app->signals, NULL, &timeout);
        while (number < 0 && clock_monotonic_us() < end_us);
        if (number > 0)
                log_info("stopping", log_text("signal", strsignal(number)));
        return number > 0;
}

typedef enum StartResult { STARTED, START_FAILED, START_INTERRUPTED } StartResult;

/* Says why it waits, once for each reason. */
static void log_waiting(const AppComponent *component, const Error *error, char *last, size_t size_bytes) {
        if (strncmp(last, error->message, size_bytes - 1) == 0)
                return;
        snprintf(last, size_bytes, "%s", error->message);
        log_warning("waiting", log_text("for", component->name), log_text("because", error->message));
}

static bool is_away(const Error *error) {
        return error->code == ERROR_UNAVAILABLE;
}

static void log_outcome(const AppComponent *component, const Ctx *ctx, const Error *error) {
        if (!error)
                log_info("started", log_text("component", component->name));
        else if (!is_away(error))
                log_error("cannot start", log_text("component", component->name),
                          log_cause(ctx->arena, error));
}

static int64_t next_retry(int64_t retry_ms) {
        return retry_ms * 2 < RETRY_MAX_MS ? retry_ms * 2 : RETRY_MAX_MS;
}

static StartResult start_component(App *app, const AppComponent *component) {
        char last[256] = "";

        for (int64_t retry_ms = RETRY_FIRST_MS;; retry_ms = next_retry(retry_ms)) {
                Arena *arena = arena_new();
                Ctx ctx = ctx_background(arena);

                const Error *error = component->start ? component->start(component->self, &ctx) : NULL;
                log_outcome(component, &ctx, error);
                bool waits = error && is_away(error);
                if (waits)
                        log_waiting(component, error, last, sizeof(last));
                bool failed = error && !waits;
                arena_free(arena);
                if (!waits)
                        return failed ? START_FAILED : STARTED;
                if (wait_for_signal(app, retry_ms))
                        return START_INTERRUPTED;
        }
}

static StartResult start_components(App *app) {
        for (; app->n_started < app->n_components; app->n_started++) {
                StartResult result = start_component(app, &app->components[app->n_started]);

                if (result != STARTED)
                        return result;
        }
        return STARTED;
}

static bool start_server(App *app) {
        if (!app->server)
                return true;
        const Error *error = rpc_server_start(app->server, app->arena);
        if (error) {
                log_error("cannot serve", log_cause(app->arena, error));
                return false;
        }
        app->serves = true;
        log_info("serving", log_text("address", app->settings.grpc_address),
                 log_number("port", rpc_server_port(app->server)));
        return true;
}

static void note_readiness(App *app, const Error *error) {
        pthread_mutex_lock(&app->ready_lock);
        app->is_ready = !error;
        snprintf(app->unready, sizeof(app->unready), "%s", error ? error->message : "");
        app->ready_checked_us = clock_monotonic_us();
        pthread_mutex_unlock(&app->ready_lock);
}

static void update_readiness(App *app) {
        Arena *arena = arena_new();
        Ctx ctx = ctx_background(arena);
        bool was_ready = app->is_ready;

        dial_itself(app);
        ctx_limit(&ctx, READY_TIMEOUT_MS);
        const Error *error = parts_are_ready(app, &ctx);
        if (was_ready && error)
                log_warning("not ready", log_cause(arena, error));
        if (!was_ready && !error)
                log_info("ready");
        note_readiness(app, error);
        if (app->serves)
                rpc_server_set_serving(app->server, !error);
        arena_free(arena);
}

/* False when it ends by itself, since it can be reached no more. */
static bool serve_until_signal(App *app) {
        update_readiness(app);
        atomic_store(&app->state, APP_RUNNING);
        while (!wait_for_signal(app, READY_INTERVAL_MS)) {
                update_readiness(app);
                admission_end_late(app->admission);
                if (app->n_unheard < UNHEARD_END)
                        continue;
                log_error("ending", log_text("because", "the gRPC port takes no connections"));
                return false;
        }
        return true;
}

/* Whoever asks for health goes elsewhere before calls are refused. */
static void announce_end(App *app) {
        int64_t delay_ms = app->settings.drain_delay_ms;
        const struct timespec delay = { .tv_sec = delay_ms / 1000, .tv_nsec = delay_ms % 1000 * 1000000 };

        atomic_store(&app->state, APP_STOPPING);
        pthread_sigmask(SIG_UNBLOCK, &app->signals, NULL);
        if (!app->serves)
                return;
        rpc_server_set_serving(app->server, false);
        nanosleep(&delay, NULL);
        rpc_server_drain(app->server);
}

static void drain_and_stop_components(App *app) {
        for (size_t i = app->n_started; i-- > 0;)
                if (app->components[i].drain)
                        app->components[i].drain(app->components[i].self);
        if (app->serves)
                rpc_server_stop(app->server, app->settings.drain_ms);
        for (size_t i = app->n_started; i-- > 0;)
                if (app->components[i].stop)
                        app->components[i].stop(app->components[i].self);
}

static void app_free(App *app) {
        operations_stop(app->operations);
        workers_free(app->workers);
        admission_free(app->admission);
        rpc_server_free(app->server);
        for (size_t i = 0; i < app->n_channels; i++)
                rpc_remote_channel_free(app->channels[i]);
        token_verifier_free(app->verifier);
        token_signer_free(app->signer);
        arena_free(app->arena);
}

static const Error *check_ready(void *app, Ctx *ctx) {
        return app_is_ready(app, ctx);
}

static bool start_operations(App *app) {
        const AppSettings *settings = &app->settings;

        if (settings->metrics_port == 0)
                return true;
        const Error *error =
                operations_start(app->arena, (Readiness) { app, check_ready }, settings->metrics_address,
                                 (uint16_t) settings->metrics_port, &app->operations);
        if (error)
                log_error("cannot show metrics", log_cause(app->arena, error));
        return !error;
}

int app_run(App *app) {
        StartResult result = start_operations(app) ? start_components(app) : START_FAILED;

        if (result == STARTED && !start_server(app))
                result = START_FAILED;
        bool fails = result == START_FAILED || (result == STARTED && !serve_until_signal(app));
        announce_end(app);
        drain_and_stop_components(app);
        app_free(app);
        log_info("stopped");
        return fails ? EXIT_FAILURE : EXIT_SUCCESS;
}
