/*
 * A service, described once: everything about it that its process, the tools and the tests need to know
 * stands in one constant, and its objects are made in one function.
 *
 *         static const Error *assemble(AppPart *part, const void *config, void **ret_implementation) {
 *                 Arena *arena = app_part_arena(part);
 *                 PaymentUsecase *payments = ARENA_NEW(arena, PaymentUsecase);
 *
 *                 payments->repo = payment_repo_new(arena, app_part_pool(part));
 *                 *ret_implementation = payment_service_new(arena, payments);
 *                 return NULL;
 *         }
 *
 *         const AppService payment_app_service = { .name = "payment", .rpc = &payment_service_rpc, ... };
 *
 * A part is such a service in a process, alone or beside others: its settings, database and bus come from the
 * process, which also starts and stops what it registers.
 */
#pragma once

#include "app/keys.h"
#include "app/operations.h"
#include "auth/token.h"
#include "base/config.h"
#include "base/loop.h"
#include "bus/bus.h"
#include "events/consumer.h"
#include "pg/migrate.h"
#include "rpc/admission.h"
#include "rpc/channel.h"

typedef struct AppPart AppPart;

typedef struct AppService {
        const char *name;    /* "payment": of its program, its database, its variables */
        const char *summary; /* one sentence, for --help */
        const RpcService *rpc;          /* what it serves; NULL: nothing */
        const RpcService *const *calls; /* what it calls, NULL-terminated; NULL: nothing */
        const PgSchema *schema;         /* of its database; NULL: it has none */
        const char *const *keeps_keys_of; /* methods that see to their Idempotency-Keys themselves,
                                           * NULL-terminated; NULL: none */
        int n_sessions;                 /* with its database; MILLRACE_<NAME>_CONNECTIONS changes it */
        bool publishes;                 /* writes events to the outbox of its database */
        bool consumes;                  /* takes the events of others: app_part_events */
        bool uses_bus;                  /* publishes the events of others */
        bool hints;                     /* gives hints to its own processes, and takes them: bus/hint.h */
        bool keeps_stream;              /* makes the stream of events when it is missing */
        const ConfigTable *config;      /* its own variables; NULL: none */
        /*
         * Makes the service's objects, before anything runs. ret_implementation: of rpc, NULL without one.
         *
         * config     a struct of its table, filled in; lives as long as the part
         * errors     internal ones, as when two settings contradict each other; the process does not start
         */
        const Error *(*assemble)(AppPart *part, const void *config, void **ret_implementation);
} AppService;

/* What lives as long as the part. */
Arena *app_part_arena(AppPart *part);
PgPool *app_part_pool(AppPart *part); /* of a service with a schema */
Bus *app_part_bus(AppPart *part);     /* of one that uses_bus, hints or consumes */

/*
 * The way to a service that stands among the calls: in this process or in another, which makes no difference
 * to either side. Calls may be made once the part has started.
 */
RpcChannel *app_part_channel(AppPart *part, const RpcService *service);

/* For edges of the process: whose call runs when, the keys of tokens, and what readiness says. */
Admission *app_part_admission(AppPart *part);
TokenVerifier *app_part_verifier(AppPart *part);
Readiness app_part_readiness(AppPart *part);

/* A loop that starts with the part, in the order of the calls, and stops in reverse after the last call. */
Loop *app_part_loop(AppPart *part, const LoopSpec *spec);

/*
 * A consumer of events, of a service that consumes. It starts after the loops, and stops before the last
 * calls are waited for; a loop forgets in its inbox.
 */
void app_part_events(AppPart *part, const EventConsumerSpec *spec);

/* What a part has beside loops and consumers: threads or connections of its own. Each may be NULL. */
typedef struct AppComponent {
        void *self;
        const Error *(*start)(void *self, Ctx *ctx); /* UNAVAILABLE is retried, with a log line, for ever */
        void (*drain)(void *self);                   /* takes no new work */
        void (*stop)(void *self);                    /* waits for its work and ends */
        const Error *(*ready)(void *self, Ctx *ctx); /* asked by health checks */
        void (*free)(void *self);                    /* when nothing runs any more */
} AppComponent;

void app_part_component(AppPart *part, const AppComponent *component);

/* What a part gets from its process; a test is one, too. */
typedef struct AppHost AppHost;
struct AppHost {
        RpcChannel *(*channel)(AppHost *self, const AppService *caller, const RpcService *service);
        TokenVerifier *(*verifier)(AppHost *self);
        Admission *admission;
        Readiness readiness;
        Bus *bus; /* NULL: no part uses it */
        EventSettings events; /* of all consumers */
};

/*
 * Assembles a part, which lives in arena. The caller frees it when nothing runs any more, before the arena;
 * service, host and config outlive it.
 *
 * database   of a service with a schema, else NULL
 * errors     internal ones: those of the service's assemble; an inbox that would forget before the stream
 */
const Error *app_part_new(Arena *arena, const AppService *service, AppHost *host,
                          const PgPoolConfig *database, const void *config, AppPart **ret_part) MUST_CHECK;
void app_part_free(AppPart *part); /* accepts NULL */

const AppService *app_part_service(const AppPart *part);
void *app_part_implementation(AppPart *part);
RpcKeys *app_part_keys(AppPart *part); /* NULL: none of its methods takes keys, or it has no database */

/*
 * Its life. Start brings the database to the service's schema first; after UNAVAILABLE it may be called
 * again.
 *
 * errors     of start: UNAVAILABLE; internal ones. Of ready: UNAVAILABLE
 */
const Error *app_part_start(AppPart *part, Ctx *ctx) MUST_CHECK;
void app_part_drain(AppPart *part);
void app_part_stop(AppPart *part);
const Error *app_part_ready(AppPart *part, Ctx *ctx) MUST_CHECK;
