#include "biz/shipping/tariff.h"

#include "base/clock.h"

#define NOBODY "shipping-service"

/* What a change waits for its own process to know it. */
#define SPREAD_MS 1000

static const Error *quote_version(Tariff *tariff, Ctx *ctx, const ShippingQuestion *question,
                                  int64_t version, int64_t at_us, ShippingQuote *ret_quote) {
        const ShippingRuleSet *rules;
        int64_t newest;

        TRY(tariff->repo->load(tariff->repo, ctx, version, at_us, &newest, &rules));
        if (!rules)
                return error_invalid(ctx->arena, "ratesVersion", "must be at most %lld, the newest there is",
                                     (long long) newest);
        return shipping_price_parcels(ctx, rules, at_us, question, ret_quote);
}

const Error *shipping_quote(Tariff *tariff, Ctx *ctx, const ShippingQuestion *question, int64_t version,
                            const int64_t *at_us, ShippingQuote *ret_quote) {
        KnownRules known;

        if (version > 0 && at_us)
                return quote_version(tariff, ctx, question, version, *at_us, ret_quote);
        TRY(tariff->repo->known(tariff->repo, ctx, &known));
        if (version == 0 && !at_us)
                return shipping_price_parcels(ctx, known.rules, known.as_of_us, question, ret_quote);
        return quote_version(tariff, ctx, question, version > 0 ? version : known.rules->version,
                             at_us ? *at_us : known.as_of_us, ret_quote);
}

/*
 * What was written is a success, even if this process cannot read it at once: it looks again, and so do the
 * others, when they are told, or by themselves.
 */
static void spread(Tariff *tariff, Ctx *ctx) {
        Ctx soon = ctx_for_call(ctx, SPREAD_MS);
        const Error *late = tariff->repo->look(tariff->repo, &soon);

        (void) late;
        tariff->news->tell(tariff->news);
}

static const Error *append(Tariff *tariff, Ctx *ctx, const ShippingRule *rule, int64_t *ret_id) {
        ShippingRule signed_rule = *rule;
        AppendVerdict verdict;
        int64_t id;

        signed_rule.created_by = ctx_actor(ctx, NOBODY);
        TRY(tariff->repo->append(tariff->repo, ctx, &signed_rule, &verdict, &id));
        if (verdict == APPEND_ENDED_BEFORE)
                return error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_SHIPPING_RULE_ENDED,
                                 "Rule %lld was ended before", (long long) rule->ends_id);
        spread(tariff, ctx);
        *ret_id = id;
        return NULL;
}

const Error *shipping_set_rule(Tariff *tariff, Ctx *ctx, const ShippingRule *rule, int64_t *ret_id) {
        TRY(shipping_check_rule(ctx, rule, clock_wall_us()));
        return append(tariff, ctx, rule, ret_id);
}

const Error *shipping_end_rule(Tariff *tariff, Ctx *ctx, int64_t rule_id, int64_t *ret_id) {
        ShippingRule ending = shipping_rule_of(SHIPPING_ENDING);
        const ShippingRule *rule;

        TRY(tariff->repo->find(tariff->repo, ctx, rule_id, &rule));
        if (!rule || rule->kind == SHIPPING_ENDING)
                return error_new(ctx->arena, ERROR_NOT_FOUND, REASON_SHIPPING_RULE_NOT_FOUND,
                                 "There is no rule %lld", (long long) rule_id);
        ending.ends_id = rule_id;
        ending.zone = rule->zone;
        return append(tariff, ctx, &ending, ret_id);
}

/* One more than is wanted is asked for: it tells whether there is another page. */
const Error *shipping_list_rules(Tariff *tariff, Ctx *ctx, RuleQuery query, RulePage *ret_page) {
        RulePage page = { 0 };
        int64_t limit = query.limit > 0 ? query.limit : SHIPPING_RULES_PAGE;

        query.limit = limit + 1;
        TRY(tariff->repo->list(tariff->repo, ctx, &query, &page.rules, &page.n_rules));
        page.has_more = page.n_rules > (size_t) limit;
        if (page.has_more)
                page.n_rules = (size_t) limit;
        *ret_page = page;
        return NULL;
}
