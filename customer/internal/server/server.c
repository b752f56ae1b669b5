#include "server/server.h"

#include "customer_migrations.h"
#include "data/account_repo.h"
#include "data/order_owner.h"
#include "data/password_book.h"
#include "data/points_repo.h"
#include "data/profile_repo.h"
#include "data/session_repo.h"
#include "data/signing_keys.h"
#include "order/v1/order.rpc.h"
#include "server/order_events.h"
#include "service/customer_service.h"

#define SWEEP_BATCH 1000
#define MS_PER_HOUR INT64_C(3600000)

/* Of the workers those that wait for a password are a quarter at most, however few there are. */
#define WAITING_SHARE 4

static const ConfigVariable variables[] = {
        CONFIG_TEXT(CustomerConfig, keys_file, "MILLRACE_CUSTOMER_KEYS_FILE", NULL,
                    "File with the keys of sealed fields and hashes (millracectl fields)"),
        CONFIG_NUMBER(CustomerConfig, n_hashes, "MILLRACE_CUSTOMER_HASHES", "2", "passwords", 1, 64,
                      "Passwords that are hashed at once; each takes 19 MiB and a processor"),
        CONFIG_NUMBER(CustomerConfig, n_waiting, "MILLRACE_CUSTOMER_HASHES_WAITING", "16", "calls", 0, 1024,
                      "Calls that wait for that, of a quarter of the workers at most; more are refused"),
        CONFIG_NUMBER(CustomerConfig, key_hours, "MILLRACE_CUSTOMER_KEY_HOURS", "720", "hours", 1, 8760,
                      "How long a key signs access tokens before the next one does"),
        CONFIG_NUMBER(CustomerConfig, sweep_interval_ms, "MILLRACE_CUSTOMER_SWEEP_INTERVAL_MS", "60000", "ms",
                      1, INT64_C(600000), "Pause between looks for sessions that are over and keys to turn"),
        CONFIG_NUMBER(CustomerConfig, points_hold_ms, "MILLRACE_CUSTOMER_POINTS_HOLD_MS", "900000", "ms", 1,
                      INT64_C(86400000), "How long points are held for an order"),
        CONFIG_NUMBER(CustomerConfig, points_interval_ms, "MILLRACE_CUSTOMER_POINTS_INTERVAL_MS", "5000",
                      "ms", 1, INT64_C(3600000), "Pause between looks for points whose time is over"),
};

static const ConfigTable config_table = CONFIG_TABLE(CustomerConfig, variables);

static const Error *sweep(void *arg, Ctx *ctx, bool *ret_more) {
        SessionRepo *sessions = arg;
        size_t n;

        ctx_limit(ctx, PG_STATEMENT_TIMEOUT_MS);
        TRY(sessions->sweep(sessions, ctx, SWEEP_BATCH, &n));
        *ret_more = n == SWEEP_BATCH;
        return NULL;
}

static const Error *turn(void *keys, Ctx *ctx, bool *ret_more) {
        (void) ret_more;
        ctx_limit(ctx, PG_STATEMENT_TIMEOUT_MS);
        return customer_signing_keys_turn(keys, ctx);
}

/* Nobody is let in before there is a key to sign with. */
static const Error *first_turn(void *keys, Ctx *ctx) {
        return customer_signing_keys_turn(keys, ctx);
}

static const Error *sweep_holds(void *points, Ctx *ctx, bool *ret_more) {
        size_t n_found;

        ctx_limit(ctx, POINTS_CLAIM_MS);
        TRY(customer_points_sweep(points, ctx, &n_found));
        *ret_more = n_found == POINTS_MAX_ORDERS;
        return NULL;
}

static const Error *expire_lots(void *arg, Ctx *ctx, bool *ret_more) {
        PointsUsecase *points = arg;
        size_t n;

        ctx_limit(ctx, PG_STATEMENT_TIMEOUT_MS);
        TRY(points->repo->expire_lots(points->repo, ctx, SWEEP_BATCH, &n));
        *ret_more = n == SWEEP_BATCH;
        return NULL;
}

static const Error *tidy_points(void *arg, Ctx *ctx, bool *ret_more) {
        PointsUsecase *points = arg;
        size_t n;

        ctx_limit(ctx, PG_STATEMENT_TIMEOUT_MS);
        TRY(points->repo->tidy(points->repo, ctx, SWEEP_BATCH, &n));
        *ret_more = n == SWEEP_BATCH;
        return NULL;
}

static size_t waiting_of(AppPart *part, const CustomerConfig *config) {
        size_t n_workers = workers_count(rpc_admission_workers(app_part_admission(part)));
        size_t n_waiting = (size_t) config->n_waiting;

        return n_waiting < n_workers / WAITING_SHARE ? n_waiting : n_workers / WAITING_SHARE;
}

static PasswordBook *make_passwords(AppPart *part, const CustomerConfig *config) {
        const PasswordLimits limits = { (size_t) config->n_hashes, waiting_of(part, config) };
        Arena *arena = app_part_arena(part);

        return customer_password_book_new(arena, crypt_passwords_new(arena, &limits));
}

static SigningKeys *make_keys(AppPart *part, const CustomerConfig *config, const Keyring *ring) {
        SigningKeys *keys = customer_signing_keys_new(app_part_arena(part), app_part_pool(part), ring,
                                                      config->key_hours * MS_PER_HOUR);

        app_part_component(part, &(AppComponent) { .self = keys, .start = first_turn });
        app_part_loop(part, &(LoopSpec) { "turn signing keys", config->sweep_interval_ms, keys, turn });
        return keys;
}

static PointsUsecase *make_points(AppPart *part, const CustomerConfig *config, ProfileRepo *profiles) {
        Arena *arena = app_part_arena(part);
        OrderService *orders = order_service_connect(arena, app_part_channel(part, &order_service_rpc));
        PointsUsecase *points = ARENA_NEW(arena, PointsUsecase);

        *points = (PointsUsecase) {
                .repo = customer_points_repo_new(arena, app_part_pool(part)),
                .owner = customer_order_owner_new(arena, orders),
                .profiles = profiles,
                .hold_ms = config->points_hold_ms,
        };
        app_part_loop(part, &(LoopSpec) { "sweep points", config->points_interval_ms, points, sweep_holds });
        app_part_loop(part, &(LoopSpec) { "expire points", config->points_interval_ms, points, expire_lots });
        app_part_loop(part, &(LoopSpec) { "tidy points", config->points_interval_ms, points, tidy_points });
        app_part_events(part, &customer_order_events);
        return points;
}

static const Error *assemble(AppPart *part, const void *settings, void **ret_implementation) {
        const CustomerConfig *config = settings;
        Arena *arena = app_part_arena(part);
        PgPool *pool = app_part_pool(part);
        AccountUsecase *accounts = ARENA_NEW(arena, AccountUsecase);
        Keyring *ring;

        TRY(crypt_keyring_read(arena, config->keys_file, &ring));
        accounts->passwords = make_passwords(part, config);
        accounts->accounts = customer_account_repo_new(arena, pool, ring);
        accounts->profiles = customer_profile_repo_new(arena, pool, ring);
        accounts->sessions = customer_session_repo_new(arena, pool, ring);
        accounts->issuer = customer_signing_keys_issuer(make_keys(part, config, ring));
        app_part_loop(part, &(LoopSpec) { "sweep sessions", config->sweep_interval_ms, accounts->sessions,
                                          sweep });
        PointsUsecase *points = make_points(part, config, accounts->profiles);
        *ret_implementation = customer_service_new(arena, accounts, points);
        return NULL;
}

static const RpcService *const calls[] = { &order_service_rpc, NULL };

const AppService customer_app_service = {
        .name = "customer",
        .summary = "Keeps accounts, logs people in, issues their tokens, and counts their points",
        .rpc = &customer_service_rpc,
        .calls = calls,
        .schema = &customer_schema,
        .n_sessions = 3,
        .consumes = true,
        .config = &config_table,
        .assemble = assemble,
};
