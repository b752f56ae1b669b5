#include "app/app.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "app/callees_private.h"
#include "app/descriptors.h"
#include "app/operations.h"
#include "app/settings_private.h"
#include "app/status_private.h"
#include "app/tokens_private.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "events/outbox.h"
#include "rpc/local.h"
#include "rpc/middleware.h"
#include "rpc/remote.h"
#include "rpc/server.h"

#define MAX_PARTS 32
#define MAX_CHANNELS 64
#define READY_INTERVAL_MS 1000
#define READY_TIMEOUT_MS 1000
#define UNHEARD_UNREADY 5 /* connections to itself in a row that nobody took: it is not ready */
#define UNHEARD_END 10    /* it ends, to be started anew: it would never take one again */
#define RETRY_FIRST_MS 100
#define RETRY_MAX_MS 1000
#define PROGRAM_PREFIX "millrace-"

typedef struct App {
        AppHost host;
        const AppProgram *program;
        const char *name; /* "order" */
        AppEnvironment *environment;
        AppSettings *settings;
        Arena *arena;
        sigset_t signals;
        Workers *workers;
        Admission *admission;
        AppTokens tokens;
        RpcServer *server; /* NULL: serves nothing */
        Operations *operations; /* NULL: has no port of its own */
        RpcChannel *channels[MAX_CHANNELS]; /* to services in other processes */
        size_t n_channels;
        AppPart *parts[MAX_PARTS];
        void *implementations[MAX_PARTS]; /* of the parts that serve */
        RpcKeys *keys[MAX_PARTS];
        size_t n_parts;
        size_t n_started;
        AppStatus status;
        bool serves; /* the server was started */
        int n_unheard; /* of the connections that it made to itself last */
} App;

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
        const AppSettings *settings = app->settings;

        app->workers = workers_new((size_t) settings->n_workers, (size_t) settings->queue_limit);
        app->admission = rpc_admission_new(app->workers, (size_t) settings->n_workers,
                                           &(AdmissionLimits) {
                                                   .n_method_calls = (size_t) settings->method_calls,
                                                   .n_caller_calls = (size_t) settings->caller_calls,
                                                   .n_caller_waiting = (size_t) settings->caller_waiting,
                                                   .n_waiting = (size_t) settings->queue_limit,
                                           });
}

static RpcChannel *connect_to(App *app, const AppTarget *target, TokenSigner *signer) {
        if (app->n_channels == MAX_CHANNELS)
                abort();
        RpcChannel *channel = rpc_remote_channel_new(&(RpcRemoteConfig) {
                .target = target->address,
                .name = app->name,
                .signer = signer,
                .timeout_ms = app->settings->call_ms,
        });
        app->channels[app->n_channels++] = channel;
        return channel;
}

/* NULL when it is not in this process. Which part serves it is known before that is assembled. */
static RpcChannel *local_channel(App *app, const char *caller, const RpcService *service) {
        for (size_t i = 0; app->program->services[i]; i++)
                if (app->program->services[i]->rpc == service)
                        return rpc_local_channel_new(app->arena, &(RpcLocalConfig) {
                                .service = service,
                                .caller = caller,
                                .implementation = &app->implementations[i],
                                .keys = &app->keys[i],
                                .timeout_ms = app->settings->call_ms,
                        });
        return NULL;
}

static const AppTarget *target_of(const App *app, const RpcService *service) {
        for (size_t i = 0; i < app->environment->n_targets; i++)
                if (app->environment->targets[i].service == service)
                        return &app->environment->targets[i];
        abort(); /* the caller's description does not say that it calls this service */
}

static RpcChannel *channel_to(AppHost *self, const AppService *caller, const RpcService *service) {
        App *app = (App *) self;
        RpcChannel *channel = local_channel(app, caller->name, service);

        return channel ? channel : connect_to(app, target_of(app, service), app_tokens_signer(&app->tokens));
}

/* Anybody may ask for keys, so that whoever calls nobody else needs no key of its own. */
static RpcChannel *channel_to_issuer(App *app) {
        RpcChannel *channel = local_channel(app, app->name, app_user_keys_issuer);

        return channel ? channel : connect_to(app, target_of(app, app_user_keys_issuer), NULL);
}

static TokenVerifier *verifier_of(App *app) {
        bool is_new = !app->tokens.verifier;
        TokenVerifier *verifier = app_tokens_verifier(&app->tokens);

        if (is_new)
                app_tokens_watch(&app->tokens, channel_to_issuer(app));
        return verifier;
}

static TokenVerifier *host_verifier(AppHost *self) {
        return verifier_of((App *) self);
}

static void make_host(App *app) {
        app->host = (AppHost) {
                .channel = channel_to,
                .verifier = host_verifier,
                .admission = app->admission,
                .readiness = { &app->status, app_status_check },
                .bus = app->environment->needs.bus ? bus_new(&app->settings->bus) : NULL,
                .events = app->settings->events,
        };
}

static App *app_new(const AppProgram *program, int argc, char **argv) {
        Arena *arena = arena_new();
        App *app = ARENA_NEW(arena, App);

        app->arena = arena;
        app->program = program;
        app->name = name_of(program->name);
        app->environment = app_environment_read(arena, program, argc, argv);
        app->settings = &app->environment->common;
        app->tokens = (AppTokens) { .arena = arena, .settings = app->settings };
        hide_memory(app->settings);
        init_faults();
        log_init(app->name, app->settings->level);
        app_environment_doubt(app->environment);
        log_successes(app->settings->calls_level);
        block_signals(app);
        app_descriptors_raise();
        make_workers(app);
        app_callees_init(app->settings);
        if (app->environment->needs.outbox)
                outbox_hint_init(app->settings->relay_hint);
        app_status_init(&app->status);
        make_host(app);
        return app;
}

static void serve(App *app, AppPart *part) {
        if (!app->server)
                app->server = rpc_server_new(&(RpcServerConfig) {
                        .address = app->settings->grpc_address,
                        .port = (uint16_t) app->settings->grpc_port,
                        .n_threads = (size_t) app->settings->grpc_threads,
                        .admission = app->admission,
                        .verifier = verifier_of(app),
                        .reflection = app->settings->reflection,
                });
        rpc_server_add(app->server, app_part_service(part)->rpc, app_part_implementation(part),
                       app_part_keys(part));
}

static void assemble(App *app, const AppService *service, const AppPartSettings *settings) {
        const PgPoolConfig database = {
                .dsn = settings->dsn,
                .n_connections = (size_t) settings->n_sessions,
                .statement_timeout_ms = PG_STATEMENT_TIMEOUT_MS,
                .lock_timeout_ms = PG_LOCK_TIMEOUT_MS,
                .idle_transaction_timeout_ms = PG_IDLE_TRANSACTION_TIMEOUT_MS,
                .idle_session_ms = PG_IDLE_SESSION_MS,
        };
        AppPart **part = &app->parts[app->n_parts];

        if (app->n_parts == MAX_PARTS)
                abort();
        app_settings_exit_on(app->arena, service->name,
                             app_part_new(app->arena, service, &app->host, service->schema ? &database : NULL,
                                          settings->config, part));
        app->keys[app->n_parts] = app_part_keys(*part);
        app->implementations[app->n_parts++] = app_part_implementation(*part);
        if (service->rpc)
                serve(app, *part);
}

static void assemble_all(App *app) {
        for (size_t i = 0; app->program->services[i]; i++)
                assemble(app, app->program->services[i], &app->environment->parts[i]);
}

static const char *part_name(const AppPart *part) {
        return app_part_service(part)->name;
}

static const Error *part_is_ready(AppPart *part, Ctx *ctx) {
        const Error *error = app_part_ready(part, ctx);

        if (!error)
                return NULL;
        return error_wrap(ctx->arena, error->code, error->reason, error, "%s: %s", part_name(part),
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
        for (size_t i = 0; i < app->n_parts; i++)
                TRY(part_is_ready(app->parts[i], ctx));
        return NULL;
}

/* True when one came within the time. */
static bool wait_for_signal(App *app, int64_t timeout_ms) {
        const struct timespec timeout = clock_timespec(timeout_ms * US_PER_MS);
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
static void log_waiting(const AppPart *part, const Error *error, char *last, size_t size_bytes) {
        if (strncmp(last, error->message, size_bytes - 1) == 0)
                return;
        snprintf(last, size_bytes, "%s", error->message);
        log_warning("waiting", log_text("for", part_name(part)), log_text("because", error->message));
}

static bool is_away(const Error *error) {
        return error->code == ERROR_UNAVAILABLE;
}

static void log_outcome(const AppPart *part, const Ctx *ctx, const Error *error) {
        if (!error)
                log_info("started", log_text("part", part_name(part)));
        else if (!is_away(error))
                log_error("cannot start", log_text("part", part_name(part)),
                          log_cause(ctx->arena, error));
}

static int64_t next_retry(int64_t retry_ms) {
        return retry_ms * 2 < RETRY_MAX_MS ? retry_ms * 2 : RETRY_MAX_MS;
}

static StartResult start_part(App *app, AppPart *part) {
        char last[256] = "";

        for (int64_t retry_ms = RETRY_FIRST_MS;; retry_ms = next_retry(retry_ms)) {
                Arena *arena = arena_new();
                Ctx ctx = ctx_background(arena);

                const Error *error = app_part_start(part, &ctx);
                log_outcome(part, &ctx, error);
                bool waits = error && is_away(error);
                if (waits)
                        log_waiting(part, error, last, sizeof(last));
                bool failed = error && !waits;
                arena_free(arena);
                if (!waits)
                        return failed ? START_FAILED : STARTED;
                if (wait_for_signal(app, retry_ms))
                        return START_INTERRUPTED;
        }
}

static StartResult start_parts(App *app) {
        for (; app->n_started < app->n_parts; app->n_started++) {
                StartResult result = start_part(app, app->parts[app->n_started]);

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
        log_info("serving", log_text("address", app->settings->grpc_address),
                 log_number("port", rpc_server_port(app->server)));
        return true;
}

static void update_readiness(App *app) {
        Arena *arena = arena_new();
        Ctx ctx = ctx_background(arena);

        dial_itself(app);
        ctx_limit(&ctx, READY_TIMEOUT_MS);
        const Error *error = parts_are_ready(app, &ctx);
        app_status_note(&app->status, &ctx, error);
        if (app->serves)
                rpc_server_set_serving(app->server, !error);
        arena_free(arena);
}

/* False when it ends by itself, since it can be reached no more. */
static bool serve_until_signal(App *app) {
        update_readiness(app);
        app_status_enter(&app->status, APP_RUNNING);
        while (!wait_for_signal(app, READY_INTERVAL_MS)) {
                update_readiness(app);
                rpc_admission_end_late(app->admission);
                if (app->n_unheard < UNHEARD_END)
                        continue;
                log_error("ending", log_text("because", "the gRPC port takes no connections"));
                return false;
        }
        return true;
}

/* Whoever asks for health goes elsewhere before calls are refused. */
static void announce_end(App *app) {
        int64_t delay_ms = app->settings->drain_delay_ms;
        const struct timespec delay = clock_timespec(delay_ms * US_PER_MS);

        app_status_enter(&app->status, APP_STOPPING);
        pthread_sigmask(SIG_UNBLOCK, &app->signals, NULL);
        if (!app->serves)
                return;
        rpc_server_set_serving(app->server, false);
        nanosleep(&delay, NULL);
        rpc_server_drain(app->server);
}

/* A part that did not start to its end may have begun to. */
static void drain_and_stop_parts(App *app) {
        rpc_admission_close(app->admission);
        for (size_t i = app->n_parts; i-- > 0;)
                app_part_drain(app->parts[i]);
        if (app->serves)
                rpc_server_stop(app->server, app->settings->drain_ms);
        app_user_keys_stop(app->tokens.user_keys);
        for (size_t i = app->n_parts; i-- > 0;)
                app_part_stop(app->parts[i]);
}

static void app_free(App *app) {
        app_operations_stop(app->operations);
        workers_free(app->workers);
        rpc_admission_free(app->admission);
        rpc_server_free(app->server);
        for (size_t i = app->n_parts; i-- > 0;)
                app_part_free(app->parts[i]);
        for (size_t i = 0; i < app->n_channels; i++)
                rpc_remote_channel_free(app->channels[i]);
        bus_free(app->host.bus);
        app_tokens_free(&app->tokens);
        arena_free(app->arena);
}

static bool start_operations(App *app) {
        const AppSettings *settings = app->settings;

        if (settings->metrics_port == 0)
                return true;
        const Error *error = app_operations_start(app->arena, app->host.readiness, settings->metrics_address,
                                                  (uint16_t) settings->metrics_port, &app->operations);
        if (error)
                log_error("cannot show metrics", log_cause(app->arena, error));
        return !error;
}

static int app_run(App *app) {
        StartResult result = start_operations(app) ? start_parts(app) : START_FAILED;

        if (result == STARTED && app->tokens.user_keys)
                app_user_keys_start(app->tokens.user_keys);
        if (result == STARTED && !start_server(app))
                result = START_FAILED;
        bool fails = result == START_FAILED || (result == STARTED && !serve_until_signal(app));
        announce_end(app);
        drain_and_stop_parts(app);
        app_free(app);
        log_info("stopped");
        return fails ? EXIT_FAILURE : EXIT_SUCCESS;
}

int app_main(const AppProgram *program, int argc, char **argv) {
        App *app = app_new(program, argc, argv);

        assemble_all(app);
        return app_run(app);
}

int app_main_alone(const AppService *service, int argc, char **argv) {
        char name[64];
        const AppService *const services[] = { service, NULL };

        snprintf(name, sizeof(name), PROGRAM_PREFIX "%s", service->name);
        return app_main(&(AppProgram) {
                .name = name,
                .summary = service->summary,
                .grpc_port = service->rpc ? service->rpc->default_port : 0,
                .services = services,
        }, argc, argv);
}
