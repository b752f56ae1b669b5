#include "service/shipping_service.h"

#include "base/str.h"
#include "proto/cursor.h"
#include "proto/values.h"
#include "service/mapping.h"

typedef struct ShippingHandlers {
        ShippingService base;
        Tariff *tariff;
        FulfilmentUsecase *fulfilments;
} ShippingHandlers;

static Tariff *tariff_of(ShippingService *self) {
        return ((ShippingHandlers *) self)->tariff;
}

static FulfilmentUsecase *fulfilments_of(ShippingService *self) {
        return ((ShippingHandlers *) self)->fulfilments;
}

static const Error *handle_quote(ShippingService *self, Ctx *ctx, const ShippingV1QuoteRequest *request,
                                 ShippingV1QuoteResponse *response) {
        ShippingQuestion question = shipping_question_from_message(ctx->arena, request);
        int64_t at_us = proto_time_from_message(request->as_of);
        ShippingQuote quote;

        TRY(shipping_quote(tariff_of(self), ctx, &question, request->rates_version,
                           request->as_of ? &at_us : NULL, &quote));
        shipping_quote_to_message(ctx->arena, &question, &quote, response);
        return NULL;
}

/* ---- shipments ---- */

static const Error *handle_get_shipment(ShippingService *self, Ctx *ctx,
                                        const ShippingV1GetShipmentRequest *request,
                                        ShippingV1GetShipmentResponse *response) {
        const ShipmentChange *changes;
        const Shipment *shipment;

        TRY(shipping_get_shipment(fulfilments_of(self), ctx, request->shipment_id, &shipment, &changes,
                                  &response->n_history));
        ctx_about(ctx, "order", shipment->order.order_id);
        response->shipment = shipping_shipment_to_message(ctx->arena, shipment);
        response->history = shipping_history_to_message(ctx->arena, changes, response->n_history);
        return NULL;
}

static const Error *handle_list_shipments(ShippingService *self, Ctx *ctx,
                                          const ShippingV1ListShipmentsRequest *request,
                                          ShippingV1ListShipmentsResponse *response) {
        ShipmentPosition after;
        ShipmentPage page;
        ShipmentQuery query = {
                .order_id = request->order_id,
                .seller_id = request->seller_id,
                .status = (ShipmentStatus) request->status,
                .limit = request->page_size,
        };

        if (!str_is_empty(request->cursor)) {
                TRY(proto_cursor_read(ctx->arena, request->cursor, &after.created_at_us,
                                      &after.shipment_id));
                query.after = &after;
        }
        TRY(shipping_list_shipments(fulfilments_of(self), ctx, query, &page));
        response->n_shipments = page.n_shipments;
        response->shipments = shipping_shipments_to_message(ctx->arena, page.shipments, page.n_shipments);
        if (page.has_more) {
                const Shipment *last = &page.shipments[page.n_shipments - 1];

                response->next_cursor =
                        proto_cursor_write(ctx->arena, last->created_at_us, last->shipment_id);
        }
        return NULL;
}

static const Error *handle_mark_shipped(ShippingService *self, Ctx *ctx,
                                        const ShippingV1MarkShippedRequest *request,
                                        ShippingV1MarkShippedResponse *response) {
        const Shipment *shipment;

        TRY(shipping_mark_shipped(fulfilments_of(self), ctx, request->shipment_id, request->carrier,
                                  request->tracking_number, &shipment));
        ctx_about(ctx, "order", shipment->order.order_id);
        response->shipment = shipping_shipment_to_message(ctx->arena, shipment);
        return NULL;
}

static const Error *handle_mark_delivered(ShippingService *self, Ctx *ctx,
                                          const ShippingV1MarkDeliveredRequest *request,
                                          ShippingV1MarkDeliveredResponse *response) {
        const Shipment *shipment;

        TRY(shipping_mark_delivered(fulfilments_of(self), ctx, request->shipment_id, &shipment));
        ctx_about(ctx, "order", shipment->order.order_id);
        response->shipment = shipping_shipment_to_message(ctx->arena, shipment);
        return NULL;
}

static const Error *handle_track_order(ShippingService *self, Ctx *ctx,
                                       const ShippingV1TrackOrderRequest *request,
                                       ShippingV1TrackOrderResponse *response) {
        const Fulfilment *fulfilment;

        ctx_about(ctx, "order", request->order_id);
        TRY(shipping_track(fulfilments_of(self), ctx, request->order_id, &fulfilment));
        shipping_tracking_to_message(ctx->arena, fulfilment, response);
        return NULL;
}

static const Error *handle_cancel_shipments(ShippingService *self, Ctx *ctx,
                                            const ShippingV1CancelShipmentsRequest *request,
                                            ShippingV1CancelShipmentsResponse *response) {
        ctx_about(ctx, "order", request->order_id);
        return shipping_cancel(fulfilments_of(self), ctx, request->order_id, request->reason,
                               &response->n_cancelled);
}

/* ---- rules ---- */

static const Error *handle_set_shipping_zone(ShippingService *self, Ctx *ctx,
                                             const ShippingV1SetShippingZoneRequest *request,
                                             ShippingV1SetShippingZoneResponse *response) {
        ShippingRule rule = shipping_zone_from_message(request);

        return shipping_set_rule(tariff_of(self), ctx, &rule, &response->rule_id);
}

static const Error *handle_set_warehouse_zone(ShippingService *self, Ctx *ctx,
                                              const ShippingV1SetWarehouseZoneRequest *request,
                                              ShippingV1SetWarehouseZoneResponse *response) {
        ShippingRule rule = shipping_warehouse_from_message(request);

        return shipping_set_rule(tariff_of(self), ctx, &rule, &response->rule_id);
}

static const Error *handle_set_shipping_rate(ShippingService *self, Ctx *ctx,
                                             const ShippingV1SetShippingRateRequest *request,
                                             ShippingV1SetShippingRateResponse *response) {
        ShippingRule rule;

        TRY(shipping_rate_from_message(ctx->arena, request, &rule));
        return shipping_set_rule(tariff_of(self), ctx, &rule, &response->rule_id);
}

static const Error *handle_set_transit_time(ShippingService *self, Ctx *ctx,
                                            const ShippingV1SetTransitTimeRequest *request,
                                            ShippingV1SetTransitTimeResponse *response) {
        ShippingRule rule;

        TRY(shipping_transit_from_message(ctx->arena, request, &rule));
        return shipping_set_rule(tariff_of(self), ctx, &rule, &response->rule_id);
}

static const Error *handle_end_shipping_rule(ShippingService *self, Ctx *ctx,
                                             const ShippingV1EndShippingRuleRequest *request,
                                             ShippingV1EndShippingRuleResponse *response) {
        return shipping_end_rule(tariff_of(self), ctx, request->rule_id, &response->rule_id);
}

static const Error *read_rule_cursor(Ctx *ctx, const char *cursor, int64_t *ret_before_id) {
        int64_t time_us, before_id;
        const char *id;

        TRY(proto_cursor_read(ctx->arena, cursor, &time_us, &id));
        if (!str_parse_int64(id, &before_id) || before_id < 1)
                return error_invalid(ctx->arena, "cursor", "must be the nextCursor of the page before");
        *ret_before_id = before_id;
        return NULL;
}

static void rules_to_message(Arena *arena, const RulePage *page,
                             ShippingV1ListShippingRulesResponse *response) {
        response->n_rules = page->n_rules;
        response->rules = ARENA_ARRAY(arena, ShippingV1ShippingRule *, page->n_rules);
        for (size_t i = 0; i < page->n_rules; i++)
                response->rules[i] = shipping_rule_to_message(arena, &page->rules[i]);
        if (page->has_more) {
                const ShippingRule *last = &page->rules[page->n_rules - 1];

                response->next_cursor = proto_cursor_write(arena, last->created_at_us,
                                                           arena_printf(arena, "%lld", (long long) last->id));
        }
}

static const Error *handle_list_shipping_rules(ShippingService *self, Ctx *ctx,
                                               const ShippingV1ListShippingRulesRequest *request,
                                               ShippingV1ListShippingRulesResponse *response) {
        RuleQuery query = { .kind = (ShippingRuleKind) request->kind, .zone = request->zone,
                            .limit = request->page_size };
        RulePage page;

        if (!str_is_empty(request->cursor))
                TRY(read_rule_cursor(ctx, request->cursor, &query.before_id));
        TRY(shipping_list_rules(tariff_of(self), ctx, query, &page));
        rules_to_message(ctx->arena, &page, response);
        return NULL;
}

ShippingService *shipping_service_new(Arena *arena, Tariff *tariff, FulfilmentUsecase *fulfilments) {
        ShippingHandlers *handlers = ARENA_NEW(arena, ShippingHandlers);

        *handlers = (ShippingHandlers) {
                .base = SHIPPING_SERVICE_IMPL(handle), .tariff = tariff, .fulfilments = fulfilments
        };
        return &handlers->base;
}
