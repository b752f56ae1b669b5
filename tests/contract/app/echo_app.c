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

static const Error *start_dependency(void *self, Ctx *ctx) {
        TRY(find_dependency(self, ctx));
        fprintf(stderr, "dumpable %d\n", prctl(PR_GET_DUMPABLE));
        return NULL;
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

        if (!file || auth_token_make_key(arena, "customer", &key, &jwks))
                abort();
        fputs(jwks, file);
        fclose(file);
        arena_free(arena);
}

typedef struct EchoConfig {
        Dependency dependency;
} EchoConfig;

static const ConfigVariable variables[] = {
        CONFIG_TEXT(EchoConfig, dependency.path, "ECHO_DEPENDENCY", "", "File that must be there"),
};

static const ConfigTable config_table = CONFIG_TABLE(EchoConfig, variables);

static const Error *assemble(AppPart *part, const void *settings, void **ret_implementation) {
        Echo *echo = ARENA_NEW(app_part_arena(part), Echo);

        echo_init(echo);
        app_part_component(part, &(AppComponent) {
                .self = (void *) &((const EchoConfig *) settings)->dependency,
                .start = start_dependency,
                .stop = say_stopped,
                .ready = find_dependency,
        });
        *ret_implementation = &echo->base;
        return NULL;
}

static const AppService echo_app_service = {
        .name = "echo",
        .summary = "Echoes",
        .rpc = &echo_service_rpc,
        .config = &config_table,
        .assemble = assemble,
};

static const Error *assemble_bare(AppPart *part, const void *settings, void **ret_implementation) {
        (void) ret_implementation;
        return settings ? error_internal(app_part_arena(part), NULL, "These are somebody else's") : NULL;
}

/* Has nothing of what a service may have, not even settings. */
static const AppService bare_app_service = {
        .name = "bare",
        .summary = "Is there",
        .assemble = assemble_bare,
};

int main(int argc, char **argv) {
        static const AppService *const services[] = { &echo_app_service, &bare_app_service, NULL };

        if (getenv("ECHO_KEYS"))
                write_keys(getenv("ECHO_KEYS"));
        return app_main(&(AppProgram) {
                .name = "millrace-echo",
                .summary = "Echoes",
                .grpc_port = 18999,
                .services = services,
        }, argc, argv);
}
