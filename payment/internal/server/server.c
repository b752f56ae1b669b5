#include "server/server.h"

#include "data/payment_repo.h"
#include "data/sandbox_provider.h"
#include "payment_migrations.h"
#include "service/payment_service.h"

static const ConfigVariable variables[] = {
        CONFIG_NUMBER(PaymentConfig, timeout_ms, "MILLRACE_PAYMENT_TIMEOUT_MS", "30000", "ms", 1,
                      INT64_C(600000), "How long one attempt to take a payment may last"),
        CONFIG_NUMBER(PaymentConfig, sandbox_delay_ms, "MILLRACE_PAYMENT_SANDBOX_DELAY_MS", "200", "ms", 0,
                      INT64_C(600000), "How long the sandbox keeps a caller waiting whose answer it loses"),
};

static const ConfigTable config_table = CONFIG_TABLE(PaymentConfig, variables);

static const Error *assemble(AppPart *part, const void *settings, void **ret_implementation) {
        const PaymentConfig *config = settings;
        Arena *arena = app_part_arena(part);
        PgPool *pool = app_part_pool(part);
        PaymentUsecase *payments = ARENA_NEW(arena, PaymentUsecase);

        *payments = (PaymentUsecase) {
                .repo = payment_repo_new(arena, pool),
                .provider = payment_sandbox_new(arena, pool, config->sandbox_delay_ms),
                .timeout_ms = config->timeout_ms,
        };
        *ret_implementation = payment_service_new(arena, payments);
        return NULL;
}

const AppService payment_app_service = {
        .name = "payment",
        .summary = "Takes payments and gives them back",
        .rpc = &payment_service_rpc,
        .schema = &payment_schema,
        .n_sessions = 7,
        .config = &config_table,
        .assemble = assemble,
};
