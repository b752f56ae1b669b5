#include "app/part.h"

#include <stdlib.h>

#define MAX_PIECES 32 /* loops, consumers or components of one service */

struct AppPart {
        Arena *arena;
        const AppService *service;
        AppHost *host;
        PgPool *pool; /* NULL without a schema */
        RpcKeys *keys;
        void *implementation;
        AppComponent components[MAX_PIECES];
        size_t n_components;
        size_t n_started; /* of the components */
        Loop *loops[MAX_PIECES];
        size_t n_loops;
        BusConsumerConfig consumer_configs[MAX_PIECES];
        BusConsumer *consumers[MAX_PIECES];
        size_t n_consumers;
};

Arena *app_part_arena(AppPart *part) {
        return part->arena;
}

PgPool *app_part_pool(AppPart *part) {
        return part->pool;
}

Bus *app_part_bus(AppPart *part) {
        return part->host->bus;
}

RpcChannel *app_part_channel(AppPart *part, const RpcService *service) {
        return part->host->channel(part->host, part->service, service);
}

Admission *app_part_admission(AppPart *part) {
        return part->host->admission;
}

TokenVerifier *app_part_verifier(AppPart *part) {
        return part->host->verifier(part->host);
}

Readiness app_part_readiness(AppPart *part) {
        return part->host->readiness;
}

/* One more of the part's pieces: its place. */
static size_t add_piece(size_t *n) {
        if (*n == MAX_PIECES)
                abort();
        return (*n)++;
}

Loop *app_part_loop(AppPart *part, const LoopSpec *spec) {
        Loop *loop = loop_new(part->arena, spec);

        part->loops[add_piece(&part->n_loops)] = loop;
        return loop;
}

void app_part_events(AppPart *part, const EventConsumerSpec *spec) {
        EventConsumer *consumer = event_consumer_new(part->arena, part->pool, spec, &part->host->events);
        const LoopSpec sweep = event_consumer_sweep(consumer);

        if (!part->service->consumes)
                abort();
        app_part_loop(part, &sweep);
        part->consumer_configs[add_piece(&part->n_consumers)] = event_consumer_on_bus(consumer);
}

void app_part_component(AppPart *part, const AppComponent *component) {
        part->components[add_piece(&part->n_components)] = *component;
}

/* What the stream still has must not be new to an inbox. */
static const Error *check_inbox(const AppPart *part) {
        const AppHost *host = part->host;

        if (!part->service->consumes || host->events.inbox_hours > bus_retention_hours(host->bus))
                return NULL;
        return error_internal(part->arena, NULL,
                              "MILLRACE_INBOX_HOURS must be more than MILLRACE_NATS_RETENTION_HOURS");
}

static bool takes_keys(const RpcService *service) {
        for (size_t i = 0; service && i < service->n_methods; i++)
                if (service->methods[i].takes_key)
                        return true;
        return false;
}

static void keep_keys(AppPart *part) {
        const AppService *service = part->service;

        if (!part->pool || !takes_keys(service->rpc))
                return;
        part->keys = app_keys_new(part->arena, part->pool, service->name, service->keeps_keys_of);
        const LoopSpec sweep = app_keys_sweep(part->keys);
        app_part_loop(part, &sweep);
}

static const Error *assemble(AppPart *part, const void *config) {
        TRY(check_inbox(part));
        keep_keys(part);
        return part->service->assemble(part, config, &part->implementation);
}

const Error *app_part_new(Arena *arena, const AppService *service, AppHost *host,
                          const PgPoolConfig *database, const void *config, AppPart **ret_part) {
        AppPart *part = ARENA_NEW(arena, AppPart);

        *part = (AppPart) { .arena = arena, .service = service, .host = host };
        if (database)
                part->pool = pg_pool_new(database);
        const Error *error = assemble(part, config);
        if (error) {
                app_part_free(part);
                return error;
        }
        *ret_part = part;
        return NULL;
}

void app_part_free(AppPart *part) {
        if (!part)
                return;
        for (size_t i = part->n_components; i-- > 0;)
                if (part->components[i].free)
                        part->components[i].free(part->components[i].self);
        pg_pool_free(part->pool);
}

const AppService *app_part_service(const AppPart *part) {
        return part->service;
}

void *app_part_implementation(AppPart *part) {
        return part->implementation;
}

RpcKeys *app_part_keys(AppPart *part) {
        return part->keys;
}

static const Error *start_components(AppPart *part, Ctx *ctx) {
        for (; part->n_started < part->n_components; part->n_started++) {
                const AppComponent *component = &part->components[part->n_started];

                if (component->start)
                        TRY(component->start(component->self, ctx));
        }
        return NULL;
}

const Error *app_part_start(AppPart *part, Ctx *ctx) {
        if (part->service->schema)
                TRY(pg_migrate(part->pool, ctx, part->service->schema));
        TRY(start_components(part, ctx));
        for (size_t i = 0; i < part->n_loops; i++)
                loop_start(part->loops[i]);
        for (size_t i = 0; i < part->n_consumers; i++)
                part->consumers[i] = bus_consumer_new(part->host->bus, &part->consumer_configs[i]);
        return NULL;
}

static void stop_consumers(AppPart *part) {
        for (size_t i = part->n_consumers; i-- > 0;) {
                bus_consumer_free(part->consumers[i]);
                part->consumers[i] = NULL;
        }
}

void app_part_drain(AppPart *part) {
        stop_consumers(part);
        for (size_t i = part->n_started; i-- > 0;)
                if (part->components[i].drain)
                        part->components[i].drain(part->components[i].self);
}

void app_part_stop(AppPart *part) {
        stop_consumers(part);
        for (size_t i = part->n_loops; i-- > 0;)
                loop_stop(part->loops[i]);
        while (part->n_started > 0) {
                const AppComponent *component = &part->components[--part->n_started];

                if (component->stop)
                        component->stop(component->self);
        }
}

const Error *app_part_ready(AppPart *part, Ctx *ctx) {
        if (part->pool)
                TRY(pg_pool_ping(part->pool, ctx));
        for (size_t i = 0; i < part->n_components; i++)
                if (part->components[i].ready)
                        TRY(part->components[i].ready(part->components[i].self, ctx));
        return NULL;
}
