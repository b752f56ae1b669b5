/* The echo service as a program, for tests that look at a process from outside. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "app/app.h"
#include "echo.h"

/* A dependency that is there when its file is. */
typedef struct Dependency {
        const char *path;
} Dependency;

static const Error *find_dependency(void *self, Ctx *ctx) {
        const Dependency *dependency = self;

        if (str_is_empty(dependency->path) || access(dependency->path, F_OK) == 0)
                return NULL;
        return error_new(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, "%s is away", dependency->path);
}

static void say_stopped(void *self) {
        (void) self;
        fprintf(stderr, "the dependency was stopped\n");
}

/* Keys that nobody else has: the tokens of these tests are all forged. */
static void write_keys(const char *path) {
        Arena *arena = arena_new();
        const char *key, *jwks;
        FILE *file = fopen(path, "we");

        if (!file || token_make_key(arena, "customer", &key, &jwks))
                abort();
        fputs(jwks, file);
        fclose(file);
        arena_free(arena);
}

int main(int argc, char **argv) {
        Dependency dependency = { 0 };
        Echo echo;
        const ConfigVariable variables[] = {
                { "ECHO_DEPENDENCY", CONFIG_TEXT, &dependency.path, "", NULL, "File that must be there" },
        };
        const AppSpec spec = {
                .program = "millrace-echo",
                .summary = "Echoes",
                .grpc_port = "18999",
                .variables = variables,
                .n_variables = 1,
        };

        if (getenv("ECHO_KEYS"))
                write_keys(getenv("ECHO_KEYS"));
        App *app = app_new(&spec, argc, argv);
        echo_init(&echo);
        app_serve(app, &echo_service_rpc, &echo.base);
        fprintf(stderr, "dumpable %d\n", prctl(PR_GET_DUMPABLE));
        app_component(app, &(AppComponent) {
                .name = "dependency",
                .self = &dependency,
                .start = find_dependency,
                .stop = say_stopped,
                .ready = find_dependency,
        });
        return app_run(app);
}
