#include "biz/pricing/pricing.h"

#include "base/clock.h"

#define NOBODY "pricing-service"

/* What a change waits for its own process to know it. */
#define SPREAD_MS 1000

const Error *pricing_calculate(PricingUsecase *usecase, Ctx *ctx, const Cart *cart, PricedCart *ret_priced) {
        KnownRules known;

        TRY(usecase->repo->known(usecase->repo, ctx, &known));
        return pricing_price_cart(ctx, known.rules, known.as_of_us, cart, false, ret_priced);
}

static const Error *explain_version(PricingUsecase *usecase, Ctx *ctx, const Cart *cart, int64_t version,
                                    int64_t at_us, PricedCart *ret_priced) {
        const PriceRuleSet *rules;
        int64_t newest;

        TRY(usecase->repo->load(usecase->repo, ctx, version, at_us, &newest, &rules));
        if (!rules)
                return error_invalid(ctx->arena, "rulesVersion", "must be at most %lld, the newest there is",
                                     (long long) newest);
        return pricing_price_cart(ctx, rules, at_us, cart, true, ret_priced);
}

const Error *pricing_explain(PricingUsecase *usecase, Ctx *ctx, const Cart *cart, int64_t version,
                             const int64_t *at_us, PricedCart *ret_priced) {
        KnownRules known;

        if (version > 0 && at_us)
                return explain_version(usecase, ctx, cart, version, *at_us, ret_priced);
        TRY(usecase->repo->known(usecase->repo, ctx, &known));
        if (version == 0 && !at_us)
                return pricing_price_cart(ctx, known.rules, known.as_of_us, cart, true, ret_priced);
        return explain_version(usecase, ctx, cart, version > 0 ? version : known.rules->version,
                               at_us ? *at_us : known.as_of_us, ret_priced);
}

const Error *pricing_base_price(PricingUsecase *usecase, Ctx *ctx, const char *sku, const char *currency,
                                PricedCart *ret_priced) {
        CartLine line = { .sku = sku, .quantity = 1, .warehouse_id = "", .tax_class = "" };
        Cart cart = { .lines = &line, .n_lines = 1, .currency = currency, .tier = "" };

        return pricing_calculate(usecase, ctx, &cart, ret_priced);
}

/*
 * What was written is a success, even if this process cannot read it at once: it looks again, and so do the
 * others, when they are told, or by themselves.
 */
static void spread(PricingUsecase *usecase, Ctx *ctx) {
        Ctx soon = ctx_for_call(ctx, SPREAD_MS);
        const Error *late = usecase->repo->look(usecase->repo, &soon);

        (void) late;
        usecase->news->tell(usecase->news);
}

static const Error *other_product(Ctx *ctx, const PriceRule *rule) {
        Error *error = error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_PRICE_PRODUCT_MISMATCH,
                                 "SKU %s belongs to another product than %s", rule->sku, rule->product_id);

        error_add_violation(ctx->arena, error, "productId", "must be the product of the SKU's other rules");
        return error;
}

static const Error *ended_before(Ctx *ctx, int64_t rule_id) {
        return error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_PRICE_RULE_ENDED,
                         "Rule %lld was ended before", (long long) rule_id);
}

static const Error *append(PricingUsecase *usecase, Ctx *ctx, const PriceRule *rule, int64_t *ret_id) {
        PriceRule signed_rule = *rule;
        AppendVerdict verdict;
        int64_t id;

        signed_rule.created_by = ctx_actor(ctx, NOBODY);
        TRY(usecase->repo->append(usecase->repo, ctx, &signed_rule, &verdict, &id));
        if (verdict == APPEND_OTHER_PRODUCT)
                return other_product(ctx, rule);
        if (verdict == APPEND_ENDED_BEFORE)
                return ended_before(ctx, rule->ends_id);
        spread(usecase, ctx);
        *ret_id = id;
        return NULL;
}

const Error *pricing_set_rule(PricingUsecase *usecase, Ctx *ctx, const PriceRule *rule, int64_t *ret_id) {
        TRY(pricing_check_rule(ctx, rule, clock_wall_us()));
        return append(usecase, ctx, rule, ret_id);
}

const Error *pricing_end_rule(PricingUsecase *usecase, Ctx *ctx, int64_t rule_id, int64_t *ret_id) {
        PriceRule ending = pricing_rule_of(PRICING_ENDING);
        const PriceRule *rule;

        TRY(usecase->repo->find(usecase->repo, ctx, rule_id, &rule));
        if (!rule || rule->kind == PRICING_ENDING)
                return error_new(ctx->arena, ERROR_NOT_FOUND, REASON_PRICE_RULE_NOT_FOUND,
                                 "There is no rule %lld", (long long) rule_id);
        ending.ends_id = rule_id;
        ending.sku = rule->sku;
        ending.product_id = rule->product_id;
        return append(usecase, ctx, &ending, ret_id);
}

/* One more than is wanted is asked for: it tells whether there is another page. */
const Error *pricing_list_rules(PricingUsecase *usecase, Ctx *ctx, RuleQuery query, RulePage *ret_page) {
        RulePage page = { 0 };
        int64_t limit = query.limit > 0 ? query.limit : PRICING_PAGE;

        query.limit = limit + 1;
        TRY(usecase->repo->list(usecase->repo, ctx, &query, &page.rules, &page.n_rules));
        page.has_more = page.n_rules > (size_t) limit;
        if (page.has_more)
                page.n_rules = (size_t) limit;
        *ret_page = page;
        return NULL;
}
