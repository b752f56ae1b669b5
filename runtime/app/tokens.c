#include "app/tokens_private.h"

#include "base/str.h"

#define USER_KEYS_PAUSE_MS 10000
#define USER_KEYS_FIRST_PAUSE_MS 1000
#define USER_KEYS_LOOK_MS 1000
#define WAITING_SHARE 4 /* of the workers, of which each that waits holds one */

TokenSigner *app_tokens_signer(AppTokens *tokens) {
        static const char variable[] = "MILLRACE_SERVICE_KEY_FILE";

        if (tokens->signer)
                return tokens->signer;
        const char *key = app_settings_secret(tokens->arena, variable, tokens->settings->service_key_file);
        app_settings_exit_on(tokens->arena, variable,
                             auth_token_signer_new(tokens->arena, key, &tokens->signer));
        return tokens->signer;
}

static void add_test_keys(AppTokens *tokens) {
        static const char variable[] = "MILLRACE_TEST_JWKS_FILE";
        const char *path = tokens->settings->test_jwks_file;

        if (str_is_empty(path))
                return;
        const char *jwks = app_settings_file(tokens->arena, variable, path);
        app_settings_exit_on(tokens->arena, variable,
                             auth_token_verifier_add(tokens->verifier, tokens->arena, jwks));
        log_warning("tokens of test keys are taken", log_text("file", path));
}

TokenVerifier *app_tokens_verifier(AppTokens *tokens) {
        static const char variable[] = "MILLRACE_JWKS_FILE";

        if (tokens->verifier)
                return tokens->verifier;
        const char *jwks = app_settings_file(tokens->arena, variable, tokens->settings->jwks_file);
        app_settings_exit_on(tokens->arena, variable,
                             auth_token_verifier_new(tokens->arena, jwks, &tokens->verifier));
        add_test_keys(tokens);
        return tokens->verifier;
}

static int max_waiting(const AppSettings *settings) {
        return settings->n_workers < WAITING_SHARE ? 1 : (int) (settings->n_workers / WAITING_SHARE);
}

void app_tokens_watch(AppTokens *tokens, RpcChannel *issuer) {
        tokens->user_keys = app_user_keys_new(tokens->arena, &(UserKeysConfig) {
                .verifier = tokens->verifier,
                .issuer = issuer,
                .path = tokens->settings->user_keys_file,
                .interval_ms = tokens->settings->user_keys_interval_ms,
                .pause_ms = USER_KEYS_PAUSE_MS,
                .first_pause_ms = USER_KEYS_FIRST_PAUSE_MS,
                .look_ms = USER_KEYS_LOOK_MS,
                .max_waiting = max_waiting(tokens->settings),
        });
}

void app_tokens_free(AppTokens *tokens) {
        auth_token_verifier_free(tokens->verifier);
        auth_token_signer_free(tokens->signer);
}
