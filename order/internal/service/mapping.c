#include "service/mapping.h"

#include "base/clock.h"
#include "proto/values.h"

SAME_NUMBER(ORDER_PENDING_PAYMENT, ORDER__V1__ORDER_STATUS__ORDER_STATUS_PENDING_PAYMENT);
SAME_NUMBER(ORDER_CONFIRMED, ORDER__V1__ORDER_STATUS__ORDER_STATUS_CONFIRMED);
SAME_NUMBER(ORDER_PROCESSING, ORDER__V1__ORDER_STATUS__ORDER_STATUS_PROCESSING);
SAME_NUMBER(ORDER_SHIPPED, ORDER__V1__ORDER_STATUS__ORDER_STATUS_SHIPPED);
SAME_NUMBER(ORDER_DELIVERED, ORDER__V1__ORDER_STATUS__ORDER_STATUS_DELIVERED);
SAME_NUMBER(ORDER_CANCELLED, ORDER__V1__ORDER_STATUS__ORDER_STATUS_CANCELLED);
SAME_NUMBER(ORDER_PAYMENT_FAILED, ORDER__V1__ORDER_STATUS__ORDER_STATUS_PAYMENT_FAILED);
SAME_NUMBER(ORDER_FAILED, ORDER__V1__ORDER_STATUS__ORDER_STATUS_FAILED);
SAME_NUMBER(ORDER_RETURNED, ORDER__V1__ORDER_STATUS__ORDER_STATUS_RETURNED);
SAME_NUMBER(SHIPMENT_CREATED, ORDER__V1__ORDER_SHIPMENT_STATUS__ORDER_SHIPMENT_STATUS_CREATED);
SAME_NUMBER(SHIPMENT_SHIPPED, ORDER__V1__ORDER_SHIPMENT_STATUS__ORDER_SHIPMENT_STATUS_SHIPPED);
SAME_NUMBER(SHIPMENT_DELIVERED, ORDER__V1__ORDER_SHIPMENT_STATUS__ORDER_SHIPMENT_STATUS_DELIVERED);
SAME_NUMBER(SHIPMENT_CANCELLED, ORDER__V1__ORDER_SHIPMENT_STATUS__ORDER_SHIPMENT_STATUS_CANCELLED);
SAME_NUMBER(HOLD_UNKNOWN, ORDER__V1__HOLD_OUTCOME__HOLD_OUTCOME_UNKNOWN);
SAME_NUMBER(HOLD_PENDING, ORDER__V1__HOLD_OUTCOME__HOLD_OUTCOME_PENDING);
SAME_NUMBER(HOLD_CONFIRMED, ORDER__V1__HOLD_OUTCOME__HOLD_OUTCOME_CONFIRMED);
SAME_NUMBER(HOLD_RELEASED, ORDER__V1__HOLD_OUTCOME__HOLD_OUTCOME_RELEASED);

static OrderAddress address_from_message(const CommonV1Address *address) {
        return (OrderAddress) {
                .street = address->street,
                .city = address->city,
                .state = address->state,
                .zip_code = address->zip_code,
                .country = address->country,
        };
}

static OrderLine line_from_message(const OrderV1OrderLine *line) {
        return (OrderLine) {
                .product_id = line->product_id,
                .sku = line->sku,
                .quantity = line->quantity,
                .warehouse = line->requested_warehouse,
        };
}

static OrderLine *lines_from_messages(Arena *arena, OrderV1OrderLine **messages, size_t n) {
        OrderLine *lines = ARENA_ARRAY(arena, OrderLine, n);

        for (size_t i = 0; i < n; i++)
                lines[i] = line_from_message(messages[i]);
        return lines;
}

OrderRequest order_request_from_message(Arena *arena, const OrderV1PlaceOrderRequest *request) {
        return (OrderRequest) {
                .customer_id = request->customer_id,
                .lines = lines_from_messages(arena, request->items, request->n_items),
                .n_lines = request->n_items,
                .shipping_address = address_from_message(request->shipping_address),
                .billing_address = address_from_message(request->billing_address),
                .payment_method = request->payment_method->type,
                .payment_token = request->payment_method->token,
                .shipping_method = request->shipping_method,
                .promotion_codes = request->promotion_codes,
                .n_promotion_codes = request->n_promotion_codes,
                .use_points = request->use_points,
                .notes = request->notes,
                .currency = request->currency,
        };
}

OrderRequest order_request_from_quote(Arena *arena, const OrderV1QuoteOrderRequest *request) {
        return (OrderRequest) {
                .customer_id = request->customer_id,
                .lines = lines_from_messages(arena, request->items, request->n_items),
                .n_lines = request->n_items,
                .shipping_address = address_from_message(request->shipping_address),
                .shipping_method = request->shipping_method,
                .promotion_codes = request->promotion_codes,
                .n_promotion_codes = request->n_promotion_codes,
                .use_points = request->use_points,
                .currency = request->currency,
        };
}

static CommonV1Money *amount(Arena *arena, const Order *order, int64_t minor) {
        return proto_money_to_message(arena, minor, order->pricing.currency);
}

/* Orders show whole seconds. */
static GoogleProtobufTimestamp *second(Arena *arena, int64_t wall_us) {
        return proto_time_to_message(arena, wall_us - wall_us % US_PER_S);
}

static OrderV1OrderItem *item_to_message(Arena *arena, const Order *order, const OrderItem *item) {
        OrderV1OrderItem *message = order_v1_order_item_new(arena);

        message->product_id = str_or_empty(item->product_id);
        message->sku = str_or_empty(item->sku);
        message->name = str_or_empty(item->name);
        message->quantity = item->quantity;
        message->unit_price = amount(arena, order, item->unit_price_minor);
        message->total_price = amount(arena, order, item->total_minor);
        message->warehouse = str_or_empty(item->warehouse);
        message->discount = amount(arena, order, item->discount_minor);
        message->seller_id = str_or_empty(item->seller_id);
        message->tax_class = str_or_empty(item->tax_class);
        message->tax_ppm = item->tax_ppm;
        return message;
}

static OrderV1OrderDiscount *discount_to_message(Arena *arena, const Order *order,
                                                 const OrderDiscount *discount) {
        OrderV1OrderDiscount *message = order_v1_order_discount_new(arena);

        message->type = str_or_empty(discount->type);
        message->code = str_or_empty(discount->code);
        message->name = str_or_empty(discount->name);
        message->amount = amount(arena, order, discount->amount_minor);
        if (str_equal(discount->type, DISCOUNT_POINTS))
                message->points_used = order->loyalty.points_used;
        return message;
}

static OrderV1OrderPricing *pricing_to_message(Arena *arena, const Order *order) {
        OrderV1OrderPricing *message = order_v1_order_pricing_new(arena);
        const OrderPricing *pricing = &order->pricing;

        message->subtotal = amount(arena, order, pricing->subtotal_minor);
        message->n_discounts = pricing->n_discounts;
        message->discounts = ARENA_ARRAY(arena, OrderV1OrderDiscount *, pricing->n_discounts);
        for (size_t i = 0; i < pricing->n_discounts; i++)
                message->discounts[i] = discount_to_message(arena, order, &pricing->discounts[i]);
        message->total_discounts = amount(arena, order, pricing->discounts_minor);
        message->shipping = amount(arena, order, pricing->shipping_minor);
        message->tax = amount(arena, order, pricing->tax_minor);
        message->total = amount(arena, order, pricing->total_minor);
        message->currency = str_or_empty(pricing->currency);
        message->rules_version = pricing->rules_version;
        message->rules_at = proto_time_to_message(arena, pricing->rules_at_us);
        message->degraded = pricing->is_degraded;
        return message;
}

static const char *payment_status_word(OrderPaymentStatus status) {
        static const char *const words[] = {
                [ORDER_PAYMENT_PENDING] = "PENDING",
                [ORDER_PAYMENT_PAID] = "COMPLETED",
                [ORDER_PAYMENT_DECLINED] = "FAILED",
                [ORDER_PAYMENT_REFUNDED] = "REFUNDED",
        };

        return words[status];
}

static OrderV1PaymentAction *action_to_message(Arena *arena, const char *url) {
        if (!url)
                return NULL;
        OrderV1PaymentAction *message = order_v1_payment_action_new(arena);
        message->type = "redirect";
        message->url = str_or_empty(url);
        return message;
}

static OrderV1OrderPayment *payment_to_message(Arena *arena, const Order *order) {
        OrderV1OrderPayment *message = order_v1_order_payment_new(arena);

        message->transaction_id = str_or_empty(order->payment.transaction_id);
        message->method = str_or_empty(order->payment.method);
        message->status = str_or_empty(payment_status_word(order->payment.status));
        message->last4 = str_or_empty(order->payment.last4);
        message->next_action = action_to_message(arena, order->payment.action_url);
        return message;
}

static OrderV1OrderShipping *shipping_to_message(Arena *arena, const Order *order) {
        OrderV1OrderShipping *message = order_v1_order_shipping_new(arena);

        message->method = str_or_empty(order->shipping.method);
        message->cost = amount(arena, order, order->pricing.shipping_minor);
        message->estimated_delivery = str_or_empty(order->shipping.estimated_delivery);
        message->tracking_number = str_or_empty(order->shipping.tracking_number);
        message->warehouse = str_or_empty(order->shipping.warehouse);
        return message;
}

static OrderV1OrderLoyalty *loyalty_to_message(Arena *arena, const OrderLoyalty *loyalty) {
        OrderV1OrderLoyalty *message = order_v1_order_loyalty_new(arena);

        message->points_earned = loyalty->points_earned;
        message->points_used = loyalty->points_used;
        if (loyalty->has_new_balance) {
                message->balance_case = ORDER__V1__ORDER_LOYALTY__BALANCE_NEW_BALANCE;
                message->new_balance = loyalty->new_balance;
        }
        return message;
}

static OrderV1OrderTimestamps *timestamps_to_message(Arena *arena, const Order *order) {
        OrderV1OrderTimestamps *message = order_v1_order_timestamps_new(arena);

        message->created_at = second(arena, order->created_at_us);
        message->confirmed_at = second(arena, order->confirmed_at_us);
        message->cancelled_at = second(arena, order->cancelled_at_us);
        message->shipped_at = second(arena, order->shipped_at_us);
        message->delivered_at = second(arena, order->delivered_at_us);
        return message;
}

static OrderV1OrderItem **items_to_messages(Arena *arena, const Order *order) {
        OrderV1OrderItem **messages = ARENA_ARRAY(arena, OrderV1OrderItem *, order->n_items);

        for (size_t i = 0; i < order->n_items; i++)
                messages[i] = item_to_message(arena, order, &order->items[i]);
        return messages;
}

OrderV1Order *order_to_message(Arena *arena, const Order *order) {
        OrderV1Order *message = order_v1_order_new(arena);

        message->order_id = str_or_empty(order->id);
        message->order_number = str_or_empty(order->number);
        message->status = (OrderV1OrderStatus) order->status;
        message->customer_id = str_or_empty(order->customer_id);
        message->n_items = order->n_items;
        message->items = items_to_messages(arena, order);
        message->pricing = pricing_to_message(arena, order);
        message->payment = payment_to_message(arena, order);
        message->shipping = shipping_to_message(arena, order);
        message->loyalty = loyalty_to_message(arena, &order->loyalty);
        message->timestamps = timestamps_to_message(arena, order);
        message->notes = str_or_empty(order->notes);
        message->cancel_reason = str_or_empty(order->cancel_reason);
        return message;
}

static OrderV1QuotedShippingOption *option_to_message(Arena *arena, const Order *order) {
        OrderV1QuotedShippingOption *message = order_v1_quoted_shipping_option_new(arena);

        message->method = order->shipping.method;
        message->cost = amount(arena, order, order->pricing.shipping_minor);
        message->tax = amount(arena, order, order->pricing.tax_minor);
        message->total = amount(arena, order, order->pricing.total_minor);
        message->estimated_delivery = order->shipping.estimated_delivery;
        return message;
}

static OrderV1RefusedCode *refused_to_message(Arena *arena, const RefusedCode *refused) {
        OrderV1RefusedCode *message = order_v1_refused_code_new(arena);

        message->code = refused->code;
        message->reason = refused->reason;
        return message;
}

void order_quote_to_message(Arena *arena, const OrderQuote *quote, OrderV1QuoteOrderResponse *response) {
        response->n_items = quote->order->n_items;
        response->items = items_to_messages(arena, quote->order);
        response->pricing = pricing_to_message(arena, quote->order);
        response->shipping = shipping_to_message(arena, quote->order);
        response->loyalty = loyalty_to_message(arena, &quote->order->loyalty);
        response->n_shipping_options = quote->n_ways;
        response->shipping_options = ARENA_ARRAY(arena, OrderV1QuotedShippingOption *, quote->n_ways);
        for (size_t i = 0; i < quote->n_ways; i++)
                response->shipping_options[i] = option_to_message(arena, &quote->ways[i]);
        response->n_refused_codes = quote->n_refused;
        response->refused_codes = ARENA_ARRAY(arena, OrderV1RefusedCode *, quote->n_refused);
        for (size_t i = 0; i < quote->n_refused; i++)
                response->refused_codes[i] = refused_to_message(arena, &quote->refused[i]);
}

void order_purchase_to_message(Arena *arena, const Order *order, OrderV1GetPurchaseResponse *response) {
        response->order_id = order->id;
        response->customer_id = order->customer_id;
        response->status = (OrderV1OrderStatus) order->status;
        response->n_products = order->n_items;
        response->products = ARENA_ARRAY(arena, OrderV1PurchasedProduct *, order->n_items);
        for (size_t i = 0; i < order->n_items; i++) {
                response->products[i] = order_v1_purchased_product_new(arena);
                response->products[i]->product_id = order->items[i].product_id;
                response->products[i]->seller_id = str_or_empty(order->items[i].seller_id);
        }
}

/* ---- tracking ---- */

static OrderV1OrderShipmentItem *shipment_item_to_message(Arena *arena, const ShipmentItem *item) {
        OrderV1OrderShipmentItem *message = order_v1_order_shipment_item_new(arena);

        message->product_id = item->product_id;
        message->sku = item->sku;
        message->name = item->name;
        message->quantity = item->quantity;
        return message;
}

static OrderV1OrderShipment *shipment_to_message(Arena *arena, const Shipment *shipment) {
        OrderV1OrderShipment *message = order_v1_order_shipment_new(arena);

        message->shipment_id = shipment->id;
        message->seller_id = shipment->seller_id;
        message->warehouse_id = shipment->warehouse_id;
        message->status = (OrderV1OrderShipmentStatus) shipment->status;
        message->carrier = shipment->carrier;
        message->tracking_number = shipment->tracking_number;
        message->estimated_delivery = shipment->estimated_delivery;
        message->shipped_at = second(arena, shipment->shipped_at_us);
        message->delivered_at = second(arena, shipment->delivered_at_us);
        message->n_items = shipment->n_items;
        message->items = ARENA_ARRAY(arena, OrderV1OrderShipmentItem *, shipment->n_items);
        for (size_t i = 0; i < shipment->n_items; i++)
                message->items[i] = shipment_item_to_message(arena, &shipment->items[i]);
        return message;
}

void order_tracking_to_message(Arena *arena, const Order *order, const Shipment *shipments, size_t n,
                               OrderV1GetTrackingResponse *response) {
        response->order_id = str_or_empty(order->id);
        response->status = (OrderV1OrderStatus) order->status;
        response->estimated_delivery = str_or_empty(order->shipping.estimated_delivery);
        response->n_shipments = n;
        response->shipments = ARENA_ARRAY(arena, OrderV1OrderShipment *, n);
        for (size_t i = 0; i < n; i++)
                response->shipments[i] = shipment_to_message(arena, &shipments[i]);
}

/* ---- the timeline, whose times are as exact as they are known ---- */

static OrderV1TimelineMove *move_to_message(Arena *arena, const TimelineMove *move) {
        OrderV1TimelineMove *message = order_v1_timeline_move_new(arena);

        message->version = move->version;
        message->from = (OrderV1OrderStatus) move->from;
        message->to = (OrderV1OrderStatus) move->to;
        message->reason = str_or_empty(move->reason);
        message->actor = move->actor;
        message->moved_at = proto_time_to_message(arena, move->moved_at_us);
        return message;
}

static OrderV1TimelineEvent *event_to_message(Arena *arena, const TimelineEvent *event) {
        OrderV1TimelineEvent *message = order_v1_timeline_event_new(arena);

        message->version = event->version;
        message->event_type = event->type;
        message->event_id = event->event_id;
        message->written_at = proto_time_to_message(arena, event->written_at_us);
        message->published_at = proto_time_to_message(arena, event->published_at_us);
        message->stream_sequence = event->stream_sequence;
        return message;
}

static OrderV1TimelineSaga *saga_to_message(Arena *arena, const TimelineSaga *saga) {
        if (!saga)
                return NULL;
        OrderV1TimelineSaga *message = order_v1_timeline_saga_new(arena);
        message->step = saga->step;
        message->attempts = saga->attempts;
        message->last_error = str_or_empty(saga->last_error);
        message->started_at = proto_time_to_message(arena, saga->started_at_us);
        message->changed_at = proto_time_to_message(arena, saga->changed_at_us);
        message->due_at = proto_time_to_message(arena, saga->due_at_us);
        return message;
}

void order_timeline_to_message(Arena *arena, const Order *order, const Timeline *timeline,
                               OrderV1GetTimelineResponse *response) {
        response->order_id = str_or_empty(order->id);
        response->status = (OrderV1OrderStatus) order->status;
        response->n_moves = timeline->n_moves;
        response->moves = ARENA_ARRAY(arena, OrderV1TimelineMove *, timeline->n_moves);
        for (size_t i = 0; i < timeline->n_moves; i++)
                response->moves[i] = move_to_message(arena, &timeline->moves[i]);
        response->n_events = timeline->n_events;
        response->events = ARENA_ARRAY(arena, OrderV1TimelineEvent *, timeline->n_events);
        for (size_t i = 0; i < timeline->n_events; i++)
                response->events[i] = event_to_message(arena, &timeline->events[i]);
        response->saga = saga_to_message(arena, timeline->saga);
}
