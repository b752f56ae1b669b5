#include "data/pricing_client.h"

#include <string.h>

#include "base/callee.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/money.h"
#include "pricing/v1/pricing.reasons.h"
#include "proto/message.h"
#include "proto/values.h"

typedef PricingV1CalculatePricesResponse Answer;

typedef struct PricingClient {
        Prices base;
        PricingService *pricing;
        CalleeMethod *calculate;
        LastSaid *said; /* of lines, taxes, and what is off whole carts: each an Answer of that part alone */
} PricingClient;

/* ---- what is asked ---- */

static PricingV1PriceLine *line_of(Arena *arena, const PriceLine *line) {
        PricingV1PriceLine *message = pricing_v1_price_line_new(arena);
        const Product *product = line->product;

        message->sku = product->sku;
        message->quantity = line->quantity;
        message->warehouse_id = line->warehouse;
        message->base_price = proto_money_to_message(arena, product->base_price_minor, product->currency);
        message->tax_class = product->tax_class;
        return message;
}

static PricingV1TaxPlace *place_of(Arena *arena, const OrderAddress *to) {
        PricingV1TaxPlace *message = pricing_v1_tax_place_new(arena);

        message->country = str_or_empty(to->country);
        message->state = str_or_empty(to->state);
        return message;
}

static const Error *ask(PricingClient *client, Ctx *ctx, const PriceQuestion *question, Answer *response) {
        PricingV1CalculatePricesRequest *request = pricing_v1_calculate_prices_request_new(ctx->arena);
        Ctx call = ctx_for_call(ctx, PRICING_TIMEOUT_MS);
        CalleeCall calling;

        request->n_lines = question->n_lines;
        request->lines = ARENA_ARRAY(ctx->arena, PricingV1PriceLine *, question->n_lines);
        for (size_t i = 0; i < question->n_lines; i++)
                request->lines[i] = line_of(ctx->arena, &question->lines[i]);
        request->currency = question->currency;
        request->tier = question->tier;
        request->tax_place = place_of(ctx->arena, question->to);
        TRY(callee_begin(client->calculate, ctx, &calling));
        const Error *error = client->pricing->calculate_prices(client->pricing, &call, request, response);
        callee_end(&calling, error);
        return error;
}

/* ---- what is refused ---- */

/* The field of an order that a field of pricing's was taken from. */
static const char *field_of(Arena *arena, const char *field) {
        static const struct {
                const char *theirs, *ours;
        } names[] = { { "lines", "items" }, { "taxPlace", "shippingAddress" } };

        for (size_t i = 0; i < ARRAY_SIZE(names); i++)
                if (str_starts_with(field, names[i].theirs))
                        return arena_printf(arena, "%s%s", names[i].ours, field + strlen(names[i].theirs));
        return field;
}

static const Error *cannot_be_priced(Ctx *ctx, const Error *cause) {
        Error *error = error_wrap(ctx->arena, cause->code, cause->reason, cause,
                                  "The order cannot be priced as it is");

        for (size_t i = 0; i < cause->n_violations; i++)
                error_add_violation(ctx->arena, error, field_of(ctx->arena, cause->violations[i].field),
                                    cause->violations[i].description);
        return error;
}

/* Its details are those of pricing: country, state, class and SKU. */
static const Error *tax_unavailable(Ctx *ctx, const PriceQuestion *question, const Error *cause) {
        Error *error = error_wrap(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_TAX_UNAVAILABLE, cause,
                                  "What is taxed in %s %s is not known", question->to->country,
                                  question->to->state);

        for (size_t i = 0; i < cause->n_records; i++)
                error_add_record(ctx->arena, error, cause->records[i].values, cause->records[i].n_values);
        error_add_violation(ctx->arena, error, "shippingAddress",
                            "must be in a country and state whose taxes are known");
        return error;
}

/* What the caller of the order hears. */
static const Error *refusal_of(Ctx *ctx, const PriceQuestion *question, const Error *error) {
        if (error_is(error, REASON_TAX_UNKNOWN))
                return tax_unavailable(ctx, question, error);
        if (error_is(error, REASON_INVALID_REQUEST))
                return cannot_be_priced(ctx, error);
        return error;
}

/* ---- what is answered ---- */

static bool line_makes_sense(const PricingV1PricedLine *line, const PriceQuestion *question, size_t i) {
        return str_equal(line->sku, question->lines[i].product->sku) &&
               proto_money_is_in(line->unit_price, question->currency) && line->tax_ppm >= 0 &&
               line->tax_ppm <= MONEY_PPM_ONE;
}

static bool makes_sense(const Answer *response, const PriceQuestion *question) {
        if (response->n_lines != question->n_lines || !response->as_of)
                return false;
        for (size_t i = 0; i < response->n_lines; i++)
                if (!line_makes_sense(response->lines[i], question, i))
                        return false;
        for (size_t i = 0; i < response->n_bulk_discounts; i++)
                if (!proto_money_is_in(response->bulk_discounts[i]->amount, question->currency))
                        return false;
        return true;
}

static void read_tax(const PricingV1PricedLine *line, LinePrice *price) {
        price->tax_class = line->tax_class;
        price->tax_ppm = line->tax_ppm;
        price->taxes_shipping = line->taxes_shipping;
}

static void read_bulk(Arena *arena, const Answer *response, PriceAnswer *answer) {
        answer->n_bulk_discounts = response->n_bulk_discounts;
        answer->bulk_discounts = ARENA_ARRAY(arena, BulkDiscount, response->n_bulk_discounts);
        for (size_t i = 0; i < response->n_bulk_discounts; i++)
                answer->bulk_discounts[i] = (BulkDiscount) {
                        .name = response->bulk_discounts[i]->name,
                        .amount_minor = response->bulk_discounts[i]->amount->minor,
                };
}

/* An answer is as old as its oldest part. */
static void read_rules(const Answer *part, PriceAnswer *answer) {
        if (answer->rules_at_us > 0 && part->rules_version >= answer->rules_version)
                return;
        answer->rules_version = part->rules_version;
        answer->rules_at_us = proto_time_from_message(part->as_of);
}

static void read_answer(Ctx *ctx, const Answer *response, PriceAnswer *answer) {
        for (size_t i = 0; i < response->n_lines; i++) {
                answer->lines[i].unit_price_minor = response->lines[i]->unit_price->minor;
                read_tax(response->lines[i], &answer->lines[i]);
        }
        read_bulk(ctx->arena, response, answer);
        read_rules(response, answer);
}

/* ---- what was said last ---- */

/* The texts with their ends, so that no two lists of texts are one question. */
static void add_text(StrBuf *question, const char *text) {
        strbuf_add_bytes(question, str_or_empty(text), strlen(str_or_empty(text)) + 1);
}

static Bytes question_of(const StrBuf *text) {
        return (Bytes) { .data = (const uint8_t *) text->text, .n_bytes = text->n_bytes };
}

static void add_line(StrBuf *text, const PriceLine *line) {
        add_text(text, line->product->sku);
        add_text(text, line->warehouse);
        add_text(text, arena_printf(text->arena, "%lld", (long long) line->quantity));
}

static void add_customer(StrBuf *text, const PriceQuestion *question) {
        add_text(text, question->currency);
        add_text(text, question->tier);
}

static Bytes price_question(Arena *arena, const PriceQuestion *question, size_t i) {
        StrBuf text = { .arena = arena };

        add_text(&text, "price");
        add_customer(&text, question);
        add_line(&text, &question->lines[i]);
        return question_of(&text);
}

static Bytes tax_question(Arena *arena, const PriceQuestion *question, size_t i) {
        StrBuf text = { .arena = arena };

        add_text(&text, "tax");
        add_text(&text, question->to->country);
        add_text(&text, question->to->state);
        add_text(&text, question->lines[i].product->tax_class);
        return question_of(&text);
}

static Bytes bulk_question(Arena *arena, const PriceQuestion *question) {
        StrBuf text = { .arena = arena };

        add_text(&text, "bulk");
        add_customer(&text, question);
        for (size_t i = 0; i < question->n_lines; i++)
                add_line(&text, &question->lines[i]);
        return question_of(&text);
}

static void keep_line(PricingClient *client, Ctx *ctx, const PriceQuestion *question, const Answer *response,
                      size_t i) {
        PricingV1PricedLine line = *response->lines[i];
        Answer part = *response;
        int64_t now_us = clock_monotonic_us();

        line.n_steps = 0;
        part.lines = (PricingV1PricedLine *[]) { &line };
        part.n_lines = 1;
        part.n_bulk_discounts = 0;
        Bytes answer = proto_message_pack(ctx->arena, &part.base);
        last_said_keep(client->said, price_question(ctx->arena, question, i), answer, now_us);
        last_said_keep(client->said, tax_question(ctx->arena, question, i), answer, now_us);
}

/* Most carts have none, which takes no room. */
static void keep_bulk(PricingClient *client, Ctx *ctx, const PriceQuestion *question,
                      const Answer *response) {
        Bytes asked = bulk_question(ctx->arena, question);
        Answer part = *response;

        part.n_lines = 0;
        if (part.n_bulk_discounts == 0)
                last_said_forget(client->said, asked);
        else
                last_said_keep(client->said, asked, proto_message_pack(ctx->arena, &part.base),
                               clock_monotonic_us());
}

/* *ret_part is NULL when nothing was said, or too long ago. */
static const Error *recall(PricingClient *client, Ctx *ctx, Bytes question, const Answer **ret_part) {
        ProtobufCMessage *part = NULL;
        Bytes answer;

        if (last_said_find(client->said, ctx->arena, question, clock_monotonic_us(), &answer))
                TRY(proto_message_unpack(ctx->arena, &pricing_v1_calculate_prices_response_info, answer,
                                         &part));
        *ret_part = (const Answer *) part;
        return NULL;
}

static const Error *no_answer(Ctx *ctx, const Error *cause, const char *what) {
        return error_wrap(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, cause,
                          "Pricing does not answer, and %s is not known without it: try again", what);
}

static const Error *recall_line(PricingClient *client, Ctx *ctx, const PriceQuestion *question, size_t i,
                                const Error *cause, PriceAnswer *answer) {
        const Product *product = question->lines[i].product;
        LinePrice *price = &answer->lines[i];
        const Answer *priced, *taxed;

        TRY(recall(client, ctx, price_question(ctx->arena, question, i), &priced));
        TRY(recall(client, ctx, tax_question(ctx->arena, question, i), &taxed));
        if (!priced && !str_equal(str_or_empty(product->currency), question->currency))
                return no_answer(ctx, cause, "what this costs");
        if (!taxed)
                return no_answer(ctx, cause, "how this is taxed");
        price->unit_price_minor = priced ? priced->lines[0]->unit_price->minor : product->base_price_minor;
        if (priced)
                read_rules(priced, answer);
        read_tax(taxed->lines[0], price);
        read_rules(taxed, answer);
        return NULL;
}

/* Of a cart that pricing was not asked for before nobody knows a bulk discount: it has none. */
static const Error *recall_all(PricingClient *client, Ctx *ctx, const PriceQuestion *question,
                               const Error *cause, PriceAnswer *answer) {
        const Answer *bulk;

        TRY(ctx_check(ctx));
        for (size_t i = 0; i < question->n_lines; i++)
                TRY(recall_line(client, ctx, question, i, cause, answer));
        TRY(recall(client, ctx, bulk_question(ctx->arena, question), &bulk));
        if (bulk) {
                read_bulk(ctx->arena, bulk, answer);
                read_rules(bulk, answer);
        }
        return NULL;
}

static const Error *calculate(Prices *self, Ctx *ctx, const PriceQuestion *question,
                              PriceAnswer *ret_answer) {
        PricingClient *client = (PricingClient *) self;
        Answer *response = pricing_v1_calculate_prices_response_new(ctx->arena);
        PriceAnswer answer = { .lines = ARENA_ARRAY(ctx->arena, LinePrice, question->n_lines) };
        const Error *error = ask(client, ctx, question, response);

        answer.is_old = callee_is_away(error);
        if (answer.is_old) {
                TRY(recall_all(client, ctx, question, error, &answer));
        } else {
                TRY(refusal_of(ctx, question, error));
                if (!makes_sense(response, question))
                        return error_internal(ctx->arena, NULL, "Pricing's answer makes no sense");
                read_answer(ctx, response, &answer);
                for (size_t i = 0; i < question->n_lines; i++)
                        keep_line(client, ctx, question, response, i);
                keep_bulk(client, ctx, question, response);
        }
        *ret_answer = answer;
        return NULL;
}

Prices *order_pricing_client_new(Arena *arena, PricingService *pricing, LastSaid *said) {
        PricingClient *client = ARENA_NEW(arena, PricingClient);

        *client = (PricingClient) {
                .base.calculate = calculate,
                .pricing = pricing,
                .calculate = callee_method_new(arena, callee_new(arena, "pricing"), "CalculatePrices"),
                .said = said,
        };
        return &client->base;
}
