#include "app/user_keys_private.h"

#include <string.h>
#include <unistd.h>

#include "app/kept_file_private.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "base/monitor.h"
#include "base/secret.h"
#include "customer/v1/customer.rpc.h"
#include "json/codec.h"

#define TICK_MS 1000 /* how often it is asked whether it is time to look */

const RpcService *const app_user_keys_issuer = &customer_service_rpc;

struct UserKeys {
        UserKeysConfig config;
        CustomerService *issuer;
        Loop *loop;
        Arena *text_arena;
        const char *text; /* as they were taken last; the loop's alone, as is what follows */
        bool is_kept;     /* it stands in the file */
        Metric *looks;
        Monitor monitor; /* over what follows */
        bool is_running;
        bool has_any;      /* there are keys of the issuer's */
        bool is_away;      /* it did not answer the last look, or was not asked yet */
        bool is_wanted;    /* somebody waits for a look */
        int n_waiting;     /* who wait for it */
        uint64_t n_looks;
        int64_t looked_us; /* when the last one ended */
};

/* ---- when ---- */

/* The pause that has to be over before the next look. */
static int64_t pause_ms(const UserKeys *keys, bool is_wanted) {
        if (!keys->has_any)
                return keys->config.first_pause_ms;
        return is_wanted || keys->is_away ? keys->config.pause_ms : keys->config.interval_ms;
}

static bool is_due(const UserKeys *keys, bool is_wanted) {
        return keys->n_looks == 0 ||
               clock_monotonic_us() - keys->looked_us >= pause_ms(keys, is_wanted) * US_PER_MS;
}

/* ---- a look ---- */

static const Error *ask(UserKeys *keys, Ctx *ctx, const char **ret_jwks) {
        const CustomerV1GetJwksRequest *request = customer_v1_get_jwks_request_new(ctx->arena);
        CustomerV1GetJwksResponse *response = customer_v1_get_jwks_response_new(ctx->arena);
        StrBuf jwks = { .arena = ctx->arena };

        ctx_limit(ctx, keys->config.look_ms);
        TRY(keys->issuer->get_jwks(keys->issuer, ctx, request, response));
        json_add_message(&jwks, &customer_v1_get_jwks_response_info, &response->base);
        *ret_jwks = strbuf_text(&jwks);
        return NULL;
}

static void remember(UserKeys *keys, const char *jwks) {
        arena_reset(keys->text_arena);
        keys->text = arena_strdup(keys->text_arena, jwks);
}

/* What cannot be kept is known all the same; the next look tries again. */
static void keep(UserKeys *keys, Arena *arena) {
        const Error *error = str_is_empty(keys->config.path)
                                     ? NULL
                                     : app_kept_file_write(arena, keys->config.path, keys->text);

        keys->is_kept = !error;
        if (error)
                log_warning("the keys of users' tokens are not kept", log_cause(arena, error));
}

static const Error *take(UserKeys *keys, Ctx *ctx, const char *jwks) {
        TRY(auth_token_verifier_take(keys->config.verifier, ctx->arena, jwks));
        remember(keys, jwks);
        keys->is_kept = false;
        log_info("took keys of users' tokens", log_text("issuer", app_user_keys_issuer->name));
        return NULL;
}

static const Error *look(UserKeys *keys, Ctx *ctx) {
        const char *jwks;

        TRY(ask(keys, ctx, &jwks));
        if (!keys->text || !str_equal(keys->text, jwks))
                TRY(take(keys, ctx, jwks));
        if (!keys->is_kept)
                keep(keys, ctx->arena);
        return NULL;
}

/* Wakes those who wait; what changed is logged once. */
static void note(UserKeys *keys, Ctx *ctx, const Error *error) {
        monitor_lock(&keys->monitor);
        bool is_news = keys->n_looks == 0 ? error != NULL : keys->is_away != (error != NULL);
        keys->is_away = error;
        keys->has_any |= !error;
        keys->is_wanted = false;
        keys->n_looks++;
        keys->looked_us = clock_monotonic_us();
        monitor_broadcast(&keys->monitor);
        monitor_unlock(&keys->monitor);
        metric_add(keys->looks, 1, METRIC_LABELS({ "status", error ? "failed" : "success" }));
        if (is_news && error)
                log_warning("the keys of users' tokens cannot be asked for", log_cause(ctx->arena, error));
        else if (is_news)
                log_info("the keys of users' tokens can be asked for");
}

static const Error *round_of(void *self, Ctx *ctx, bool *ret_more) {
        UserKeys *keys = self;

        (void) ret_more;
        monitor_lock(&keys->monitor);
        bool is_time = is_due(keys, keys->is_wanted);
        monitor_unlock(&keys->monitor);
        if (is_time)
                note(keys, ctx, look(keys, ctx));
        return NULL;
}

/* ---- who meets an unknown key ---- */

/*
 * Under the monitor: waits for the look that all who come meanwhile wait for. True when there was one; false
 * at once when too many wait already, since each of them holds a worker.
 */
static bool wait_for_look(UserKeys *keys) {
        int64_t until_us = clock_monotonic_us() + 2 * keys->config.look_ms * US_PER_MS;
        uint64_t n_looks = keys->n_looks;

        if (keys->n_waiting >= keys->config.max_waiting)
                return false;
        keys->n_waiting++;
        keys->is_wanted = true;
        loop_wake(keys->loop);
        while (keys->is_running && keys->n_looks == n_looks && monitor_wait(&keys->monitor, until_us))
                ;
        keys->n_waiting--;
        return keys->n_looks != n_looks;
}

static const Error *look_for_key(void *self, Arena *arena) {
        UserKeys *keys = self;

        monitor_lock(&keys->monitor);
        bool was_asked = keys->is_running && (!is_due(keys, true) || wait_for_look(keys));
        bool is_known = was_asked && keys->is_running && !keys->is_away;
        monitor_unlock(&keys->monitor);
        return is_known ? NULL
                        : error_new(arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE,
                                    "Whoever issues tokens cannot be asked for the key of this one");
}

/* ---- life ---- */

static void read_kept(UserKeys *keys) {
        const char *path = keys->config.path, *jwks;
        Arena *arena = arena_new();

        const Error *error = secret_file_read(arena, path, &jwks);
        if (!error)
                error = auth_token_verifier_take(keys->config.verifier, arena, jwks);
        if (error) {
                log_warning("there are no kept keys of users' tokens", log_cause(arena, error));
        } else {
                remember(keys, jwks);
                keys->has_any = keys->is_kept = true;
        }
        arena_free(arena);
}

static void destroy(void *self) {
        UserKeys *keys = self;

        app_user_keys_stop(keys);
        monitor_destroy(&keys->monitor);
        arena_free(keys->text_arena);
}

UserKeys *app_user_keys_new(Arena *arena, const UserKeysConfig *config) {
        UserKeys *keys = ARENA_NEW(arena, UserKeys);

        *keys = (UserKeys) {
                .config = *config,
                .issuer = customer_service_connect(arena, config->issuer),
                .text_arena = arena_new(),
                .looks = metric_counter("millrace_user_key_looks_total",
                                        "Looks at the keys of users' tokens, by status (success, failed)."),
                .is_away = true,
        };
        monitor_init(&keys->monitor);
        arena_defer(arena, destroy, keys);
        keys->loop = loop_new(arena, &(LoopSpec) { "look at users' keys", TICK_MS, keys, round_of });
        if (!str_is_empty(config->path) && access(config->path, F_OK) == 0)
                read_kept(keys);
        auth_token_verifier_ask(config->verifier, &(TokenKeySource) { keys, look_for_key });
        return keys;
}

static void set_running(UserKeys *keys, bool is_running) {
        monitor_lock(&keys->monitor);
        keys->is_running = is_running;
        monitor_broadcast(&keys->monitor);
        monitor_unlock(&keys->monitor);
}

void app_user_keys_start(UserKeys *keys) {
        loop_start(keys->loop);
        set_running(keys, true);
}

void app_user_keys_stop(UserKeys *keys) {
        if (!keys)
                return;
        set_running(keys, false);
        loop_stop(keys->loop);
}
