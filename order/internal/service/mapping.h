/* Messages of order.v1 and the types of the business, one function per message. */
#pragma once

#include "biz/order/usecase.h"
#include "order/v1/order.rpc.h"

/* Without the packed bytes. */
OrderRequest order_request_from_message(Arena *arena, const OrderV1PlaceOrderRequest *request);

/* Without payment and billing address, which a quote has not. */
OrderRequest order_request_from_quote(Arena *arena, const OrderV1QuoteOrderRequest *request);

OrderV1Order *order_to_message(Arena *arena, const Order *order);

void order_quote_to_message(Arena *arena, const OrderQuote *quote, OrderV1QuoteOrderResponse *response);

/* What a review hangs on. */
void order_purchase_to_message(Arena *arena, const Order *order, OrderV1GetPurchaseResponse *response);

/* Both fill the answer. */
void order_tracking_to_message(Arena *arena, const Order *order, const Shipment *shipments, size_t n,
                               OrderV1GetTrackingResponse *response);
void order_timeline_to_message(Arena *arena, const Order *order, const Timeline *timeline,
                               OrderV1GetTimelineResponse *response);
