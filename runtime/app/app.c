#include "app/app.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/settings.h"
#include "auth/token.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/str.h"
#include "rpc/middleware.h"
#include "rpc/remote.h"
#include "rpc/server.h"

#define MAX_COMPONENTS 16
#define MAX_CHANNELS 16
#define MAX_KEY_FILE_BYTES 65536

#define RETRY_MS 250    /* between two tries to start a component */
#define HEALTH_MS 1000  /* between two looks at readiness */

struct App {
        const char *program;
        Arena *arena; /* lives as long as the app */
        AppSettings settings;
        Workers *workers;
        TokenVerifier *verifier;
        TokenSigner *signer;
        RpcServer *server; /* NULL: nothing is served */
        RpcChannel *channels[MAX_CHANNELS];
        size_t n_channels;
        AppComponent components[MAX_COMPONENTS];
        size_t n_components;
        atomic_bool has_started;
        sigset_t signals; /* that end the process; blocked in every thread */
};

static void end_with(const App *app, const char *problem) {
        fprintf(stderr, "%s: %s\n", app->program, problem);
        exit(EXIT_FAILURE);
}

static ConfigVariable *all_variables(App *app, const AppSpec *spec, size_t *ret_n) {
        ConfigVariable *all = ARENA_ARRAY(app->arena, ConfigVariable, APP_N_SETTINGS + spec->n_variables);

        app_settings_table(&app->settings, all);
        if (spec->n_variables > 0)
                memcpy(all + APP_N_SETTINGS, spec->variables, spec->n_variables * sizeof(ConfigVariable));
        *ret_n = APP_N_SETTINGS + spec->n_variables;
        return all;
}

static void configure(App *app, const AppSpec *spec, int argc, char **argv) {
        size_t n;
        const ConfigVariable *variables = all_variables(app, spec, &n);
        const char *problem;

        if (argc > 1) {
                config_print(stdout, spec->program, spec->summary, variables, n);
                exit(str_equal(argv[1], "--help") ? EXIT_SUCCESS : EXIT_FAILURE);
        }
        if (!config_read(variables, n, &problem) || !fault_init(&problem))
                end_with(app, problem);
}

static LogLevel log_level(const App *app) {
        static const char *const names[] = { "debug", "info", "warning", "error" };

        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                if (str_equal(app->settings.log_level, names[i]))
                        return (LogLevel) i;
        end_with(app, "MILLRACE_LOG_LEVEL should be debug, info, warning or error");
        return LOG_INFO;
}

/* The main thread waits for them; a connection that breaks is an error of its write, not a signal. */
static void block_signals(App *app) {
        sigemptyset(&app->signals);
        sigaddset(&app->signals, SIGTERM);
        sigaddset(&app->signals, SIGINT);
        pthread_sigmask(SIG_BLOCK, &app->signals, NULL);
        signal(SIGPIPE, SIG_IGN);
}

App *app_new(const AppSpec *spec, int argc, char **argv) {
        App *app = calloc(1, sizeof(App));

        if (!app)
                abort();
        app->program = spec->program;
        app->arena = arena_new();
        configure(app, spec, argc, argv);
        log_init(spec->program, log_level(app));
        block_signals(app);
        app->workers = workers_new((size_t) app->settings.workers, (size_t) app->settings.queue_limit);
        return app;
}

Workers *app_workers(App *app) {
        return app->workers;
}

/* Reads a key's file, or ends the process with a sentence that names the variable. */
static const char *read_key(App *app, const char *variable, const char *path) {
        char *text = arena_alloc(app->arena, MAX_KEY_FILE_BYTES);
        FILE *file = fopen(path, "r");

        if (!file)
                end_with(app, arena_printf(app->arena, "%s=%s cannot be read: %s", variable, path, strerror(errno)));
        size_t n_bytes = fread(text, 1, MAX_KEY_FILE_BYTES - 1, file);
        fclose(file);
        text[n_bytes] = '\0';
        return text;
}

static void end_with_bad_key(App *app, const char *variable, const Error *error) {
        end_with(app, arena_printf(app->arena, "%s: %s", variable, error->message));
}

static TokenSigner *signer(App *app) {
        static const char variable[] = "MILLRACE_SERVICE_KEY_FILE";

        if (!app->signer) {
                const char *jwk = read_key(app, variable, app->settings.service_key_file);
                const Error *error = token_signer_new(app->arena, jwk, &app->signer);
                if (error)
                        end_with_bad_key(app, variable, error);
        }
        return app->signer;
}

static TokenVerifier *verifier(App *app) {
        static const char variable[] = "MILLRACE_JWKS_FILE";

        if (!app->verifier) {
                const char *jwks = read_key(app, variable, app->settings.jwks_file);
                const Error *error = token_verifier_new(app->arena, jwks, &app->verifier);
                if (error)
                        end_with_bad_key(app, variable, error);
        }
        return app->verifier;
}

RpcChannel *app_connect(App *app, const char *target) {
        RpcRemoteConfig config = {
                .target = target,
                .name = app->program,
                .signer = signer(app),
                .timeout_ms = app->settings.call_timeout_ms,
        };

        if (app->n_channels == MAX_CHANNELS)
                abort();
        return app->channels[app->n_channels++] = rpc_remote_channel_new(&config);
}

static RpcServer *server(App *app) {
        RpcServerConfig config = {
                .address = app->settings.grpc_address,
                .port = (uint16_t) app->settings.grpc_port,
                .n_threads = (size_t) app->settings.grpc_threads,
                .workers = app->workers,
                .verifier = verifier(app),
        };

        if (!app->server)
                app->server = rpc_server_new(&config);
        return app->server;
}

void app_serve(App *app, const RpcService *service, void *implementation) {
        rpc_server_add(server(app), service, implementation);
}

void app_component(App *app, const AppComponent *component) {
        if (app->n_components == MAX_COMPONENTS)
                abort();
        app->components[app->n_components++] = *component;
}

const Error *app_is_ready(App *app, Ctx *ctx) {
        if (!atomic_load(&app->has_started))
                return error_new(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, "%s is still starting", app->program);
        for (size_t i = 0; i < app->n_components; i++) {
                const AppComponent *component = &app->components[i];
                const Error *error = component->ready ? component->ready(component->self, ctx) : NULL;

                if (error)
                        return error_wrap(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, error, "%s: %s",
                                          component->name, error->message);
        }
        return NULL;
}

/* True when a signal came within timeout_ms. */
static bool is_told_to_end(const App *app, int64_t timeout_ms) {
        struct timespec timeout = { .tv_sec = timeout_ms / 1000, .tv_nsec = timeout_ms % 1000 * 1000000 };

        return sigtimedwait(&app->signals, NULL, &timeout) > 0;
}

typedef enum StartResult { START_DONE, START_FAILED, START_ENDED } StartResult;

/* A line when the waiting begins; not one per try. */
static StartResult start_component(App *app, const AppComponent *component) {
        Arena *arena = arena_new();
        StartResult result = START_DONE;
        bool is_waiting = false;

        for (;;) {
                Ctx ctx = ctx_background(arena);
                const Error *error = component->start ? component->start(component->self, &ctx) : NULL;

                if (!error)
                        break;
                if (error->code != ERROR_UNAVAILABLE) {
                        log_error("cannot start", log_text("part", component->name), log_cause(arena, error));
                        result = START_FAILED;
                        break;
                }
                if (!is_waiting)
                        log_warning(arena_printf(arena, "waiting for what %s needs", component->name),
                                    log_cause(arena, error));
                is_waiting = true;
                if (is_told_to_end(app, RETRY_MS)) {
                        result = START_ENDED;
                        break;
                }
                arena_reset(arena);
        }
        arena_free(arena);
        return result;
}

static StartResult start_all(App *app, size_t *ret_n_started) {
        for (*ret_n_started = 0; *ret_n_started < app->n_components; ++*ret_n_started) {
                StartResult result = start_component(app, &app->components[*ret_n_started]);

                if (result != START_DONE)
                        return result;
        }
        if (app->server) {
                const Error *error = rpc_server_start(app->server, app->arena);
                if (error) {
                        log_error("cannot serve", log_cause(app->arena, error));
                        return START_FAILED;
                }
        }
        atomic_store(&app->has_started, true);
        return START_DONE;
}

/* Tells health, and the log when it changes. */
static bool look_at_health(App *app, bool was_ready) {
        Arena *arena = arena_new();
        Ctx ctx = ctx_background(arena);

        ctx_limit(&ctx, HEALTH_MS);
        const Error *error = app_is_ready(app, &ctx);
        if (app->server)
                rpc_server_set_serving(app->server, !error);
        if (error && was_ready)
                log_warning("not ready", log_cause(arena, error));
        else if (!error && !was_ready)
                log_info("ready");
        arena_free(arena);
        return !error;
}

static void serve_until_told_to_end(App *app) {
        bool is_ready = false;

        do
                is_ready = look_at_health(app, is_ready);
        while (!is_told_to_end(app, HEALTH_MS));
}

/* Health first, so that nobody sends more; then what is under way, with a second signal to cut it short. */
static void drain(App *app, size_t n_started) {
        log_info("draining");
        pthread_sigmask(SIG_UNBLOCK, &app->signals, NULL);
        if (app->server)
                rpc_server_set_serving(app->server, false);
        for (size_t i = n_started; i-- > 0;)
                if (app->components[i].drain)
                        app->components[i].drain(app->components[i].self);
        if (app->server)
                rpc_server_stop(app->server, app->settings.drain_timeout_ms);
        for (size_t i = n_started; i-- > 0;)
                if (app->components[i].stop)
                        app->components[i].stop(app->components[i].self);
}

static void free_all(App *app) {
        workers_free(app->workers);
        rpc_server_free(app->server);
        for (size_t i = 0; i < app->n_channels; i++)
                rpc_remote_channel_free(app->channels[i]);
        token_signer_free(app->signer);
        token_verifier_free(app->verifier);
        arena_free(app->arena);
        free(app);
}

int app_run(App *app) {
        size_t n_started;
        StartResult result = start_all(app, &n_started);

        if (result == START_DONE)
                serve_until_told_to_end(app);
        drain(app, n_started);
        free_all(app);
        return result == START_FAILED ? EXIT_FAILURE : EXIT_SUCCESS;
}
