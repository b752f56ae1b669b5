/* The keys of users' tokens in a process, of an issuer that is a fake behind a channel. */
#include "app/user_keys_private.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/monitor.h"
#include "customer/v1/customer.rpc.h"
#include "support.h"

#define USERS "customer seller admin"
#define LONG_MS INT64_C(3600000)
#define MAX_WAITING 8

/* A key that the issuer may show, and a token that it signed. */
typedef struct IssuedKey {
        TokenPublicKey shown;
        const char *token;
} IssuedKey;

typedef struct FakeIssuer {
        RpcChannel base;
        Monitor monitor; /* over what follows */
        const IssuedKey *key; /* that it shows; NULL: it is away */
        const char *may;
        bool is_held; /* calls do not return */
        int n_calls;
        int n_answered; /* of those who verify in a thread */
} FakeIssuer;

static Arena *arena;
static TokenVerifier *verifier;
static FakeIssuer issuer;
static IssuedKey first, second;
static UserKeys *keys;
static UserKeysConfig config;

static IssuedKey make_key(void) {
        const char *key, *jwks;
        TokenSigner *signer;
        IssuedKey made;

        ck_assert_ok(auth_token_make_key(arena, USERS, &key, &jwks));
        ck_assert_ok(auth_token_public_key(arena, jwks, &made.shown));
        ck_assert_ok(auth_token_signer_new(arena, key, &signer));
        ck_assert_ok(auth_token_sign(signer, arena, "CUST-1", ROLE_CUSTOMER, TOKEN_ACCESS_MS, &made.token));
        auth_token_signer_free(signer);
        return made;
}

static void show_key(CustomerV1GetJwksResponse *response, const IssuedKey *key, Arena *of) {
        CustomerV1Jwk *shown = customer_v1_jwk_new(of);

        shown->kid = (char *) key->shown.kid;
        shown->kty = "EC";
        shown->crv = "P-256";
        shown->x = (char *) key->shown.x;
        shown->y = (char *) key->shown.y;
        shown->n_millrace_may = 1;
        shown->millrace_may = ARENA_ARRAY(of, const char *, 1);
        shown->millrace_may[0] = issuer.may;
        response->n_keys = 1;
        response->keys = ARENA_ARRAY(of, CustomerV1Jwk *, 1);
        response->keys[0] = shown;
}

static const Error *answer(RpcChannel *self, Ctx *ctx, const RpcMethod *method,
                           const ProtobufCMessage *request, ProtobufCMessage *response) {
        (void) self;
        (void) request;
        ck_assert_str_eq(method->name, "GetJwks");
        monitor_lock(&issuer.monitor);
        issuer.n_calls++;
        monitor_broadcast(&issuer.monitor);
        while (issuer.is_held)
                monitor_wait(&issuer.monitor, INT64_MAX);
        const IssuedKey *key = issuer.key;
        monitor_unlock(&issuer.monitor);
        if (!key)
                return error_new(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, "away");
        show_key((CustomerV1GetJwksResponse *) response, key, ctx->arena);
        return NULL;
}

static void set(const IssuedKey *key, bool is_held) {
        monitor_lock(&issuer.monitor);
        issuer.key = key;
        issuer.is_held = is_held;
        monitor_broadcast(&issuer.monitor);
        monitor_unlock(&issuer.monitor);
}

static int n_calls(void) {
        monitor_lock(&issuer.monitor);
        int n = issuer.n_calls;
        monitor_unlock(&issuer.monitor);
        return n;
}

static void wait_for_calls(int n) {
        monitor_lock(&issuer.monitor);
        while (issuer.n_calls < n)
                monitor_wait(&issuer.monitor, INT64_MAX);
        monitor_unlock(&issuer.monitor);
}

static void make_verifier(void) {
        const char *key, *jwks;

        ck_assert_ok(auth_token_make_key(arena, "service:order", &key, &jwks));
        ck_assert_ok(auth_token_verifier_new(arena, jwks, &verifier));
        config.verifier = verifier;
}

static void setup(void) {
        arena = arena_new();
        make_verifier();
        issuer = (FakeIssuer) { .base = { .call = answer }, .may = "customer" };
        monitor_init(&issuer.monitor);
        first = make_key();
        second = make_key();
        config = (UserKeysConfig) {
                .verifier = verifier,
                .issuer = &issuer.base,
                .path = arena_printf(arena, "%s/keys-%d.json", test_folder(), (int) getpid()),
                .interval_ms = LONG_MS,
                .pause_ms = LONG_MS,
                .first_pause_ms = 1,
                .look_ms = TEST_WAIT_MS,
                .max_waiting = MAX_WAITING,
        };
        unlink(config.path);
}

static void start(void) {
        keys = app_user_keys_new(arena, &config);
        app_user_keys_start(keys);
}

static void teardown(void) {
        set(NULL, false);
        app_user_keys_stop(keys);
        auth_token_verifier_free(verifier);
        arena_free(arena);
        monitor_destroy(&issuer.monitor);
        keys = NULL;
}

static const Error *verify(const IssuedKey *key) {
        const Caller *caller;

        return auth_token_verify(verifier, test_ctx()->arena, key->token, &caller);
}

static void write_kept(const char *text) {
        FILE *file = fopen(config.path, "w");

        ck_assert(file && chmod(config.path, 0600) == 0);
        fputs(text, file);
        fclose(file);
}

TEST(a_token_waits_for_the_first_look) {
        set(&first, false);
        start();
        ck_assert_ok(verify(&first));
}

TEST(without_any_key_nobody_can_say) {
        start();
        ck_assert_reason(verify(&first), REASON_UNAVAILABLE);
        set(&first, false);
        while (verify(&first))
                ;
}

TEST(what_does_not_run_says_nothing) {
        keys = app_user_keys_new(arena, &config);
        set(&first, false);
        ck_assert_reason(verify(&first), REASON_UNAVAILABLE);
        ck_assert_int_eq(n_calls(), 0);
}

TEST(an_unknown_key_is_looked_for_once_in_a_pause) {
        set(&first, false);
        start();
        ck_assert_ok(verify(&first));
        int n = n_calls();
        for (int i = 0; i < 5; i++)
                ck_assert_reason(verify(&second), REASON_UNAUTHENTICATED);
        ck_assert_int_eq(n_calls(), n);
}

TEST(after_the_pause_it_is_looked_for) {
        config.pause_ms = 1;
        set(&first, false);
        start();
        ck_assert_ok(verify(&first));
        set(&second, false);
        while (verify(&second))
                ;
        ck_assert_reason(verify(&first), REASON_UNAUTHENTICATED);
}

/* A thread that verifies a token, and how it was answered. */
typedef struct Visitor {
        pthread_t thread;
        bool is_let_in, is_told_to_come_again;
} Visitor;

static void *visit(void *pointer) {
        Visitor *visitor = pointer;
        Arena *own = arena_new();
        const Caller *caller;
        const Error *error = auth_token_verify(verifier, own, first.token, &caller);

        visitor->is_let_in = !error;
        visitor->is_told_to_come_again = error && error->code == ERROR_UNAVAILABLE;
        arena_free(own);
        monitor_lock(&issuer.monitor);
        issuer.n_answered++;
        monitor_broadcast(&issuer.monitor);
        monitor_unlock(&issuer.monitor);
        return NULL;
}

static void wait_for_answers(int n) {
        monitor_lock(&issuer.monitor);
        while (issuer.n_answered < n)
                monitor_wait(&issuer.monitor, INT64_MAX);
        monitor_unlock(&issuer.monitor);
}

/* The first look hangs, n come meanwhile, and it goes on once so many of them were answered. */
static void visit_together(Visitor *visitors, int n, int n_answered_before) {
        set(&first, true);
        start();
        wait_for_calls(1);
        for (int i = 0; i < n; i++)
                ck_assert_int_eq(pthread_create(&visitors[i].thread, NULL, visit, &visitors[i]), 0);
        wait_for_answers(n_answered_before);
        set(&first, false);
        for (int i = 0; i < n; i++)
                pthread_join(visitors[i].thread, NULL);
}

TEST(all_who_come_meanwhile_wait_for_one_look) {
        Visitor visitors[MAX_WAITING];

        visit_together(visitors, MAX_WAITING, 0);
        for (int i = 0; i < MAX_WAITING; i++)
                ck_assert(visitors[i].is_let_in);
        ck_assert_int_eq(n_calls(), 1);
}

TEST(no_more_wait_than_may) {
        Visitor visitors[MAX_WAITING + 1];
        int n_let_in = 0, n_told = 0;

        visit_together(visitors, MAX_WAITING + 1, 1);
        for (int i = 0; i <= MAX_WAITING; i++) {
                n_let_in += visitors[i].is_let_in;
                n_told += visitors[i].is_told_to_come_again;
        }
        ck_assert_int_eq(n_let_in, MAX_WAITING);
        ck_assert_int_eq(n_told, 1);
        ck_assert_int_eq(n_calls(), 1);
}

TEST(it_looks_at_an_interval_and_keeps_what_it_knows_while_the_issuer_is_away) {
        config.interval_ms = config.pause_ms = 1;
        set(&first, false);
        start();
        ck_assert_ok(verify(&first));
        set(NULL, false);
        wait_for_calls(n_calls() + 2);
        ck_assert_ok(verify(&first));
        ck_assert_reason(verify(&second), REASON_UNAVAILABLE);
}

/* What the issuer shows, in the file that is made with it; the process that made it is gone. */
static void keep_first(void) {
        set(&first, false);
        start();
        ck_assert_ok(verify(&first));
        app_user_keys_stop(keys);
        set(NULL, false);
        auth_token_verifier_free(verifier);
        make_verifier();
}

TEST(what_it_knew_it_knows_after_a_restart) {
        struct stat about;

        keep_first();
        ck_assert_int_eq(stat(config.path, &about), 0);
        ck_assert_uint_eq(about.st_mode & 0777, 0600);
        start();
        ck_assert_ok(verify(&first));
}

TEST(a_file_that_is_no_good_is_none) {
        static const char *const texts[] = { "", "{\"keys\":[", "{\"keys\":[]}" };

        for (size_t i = 0; i < 3; i++) {
                write_kept(texts[i]);
                start();
                ck_assert_reason(verify(&first), REASON_UNAVAILABLE);
                app_user_keys_stop(keys);
        }
        set(&first, false);
        start();
        ck_assert_ok(verify(&first));
}

TEST(a_file_that_everybody_may_write_is_none) {
        keep_first();
        ck_assert_int_eq(chmod(config.path, 0602), 0);
        start();
        ck_assert_reason(verify(&first), REASON_UNAVAILABLE);
}

TEST(an_issuer_that_shows_a_services_key_is_not_believed) {
        set(&first, false);
        issuer.may = "service:order";
        start();
        ck_assert_reason(verify(&first), REASON_UNAVAILABLE);
        ck_assert_int_ne(access(config.path, F_OK), 0);
}

/* A folder stands in the place of the file at first; nothing is left beside it. */
TEST(what_cannot_be_kept_is_known_and_kept_as_soon_as_it_can_be) {
        config.pause_ms = 1;
        set(&first, false);
        ck_assert_int_eq(mkdir(config.path, 0700), 0);
        start();
        ck_assert_reason(verify(&second), REASON_UNAUTHENTICATED);
        ck_assert_ok(verify(&first));
        ck_assert_int_ne(access(arena_printf(arena, "%s.%d", config.path, (int) getpid()), F_OK), 0);
        ck_assert_int_eq(rmdir(config.path), 0);
        while (access(config.path, F_OK) != 0)
                ck_assert_reason(verify(&second), REASON_UNAUTHENTICATED);
}

int main(void) {
        Suite *suite = suite_create("user_keys");
        TCase *tests = tcase_create("user_keys");

        tcase_add_checked_fixture(tests, setup, teardown);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
