#include "data/review_event.h"

#include "base/clock.h"
#include "events/v1/review.rpc.h"
#include "json/codec.h"
#include "proto/values.h"

#define EVENT_SOURCE "review-service"

static EventsV1ReviewEventReview *review_message(Arena *arena, const Review *review) {
        EventsV1ReviewEventReview *message = events_v1_review_event_review_new(arena);

        message->review_id = review->review_id;
        message->product_id = review->product_id;
        message->customer_id = review->customer_id;
        message->order_id = str_or_empty(review->order_id);
        message->seller_id = str_or_empty(review->seller_id);
        message->rating = review->content.rating;
        message->title = review->content.title;
        message->text = review->content.text;
        message->status = review_status_word(review->status);
        message->status_reason = str_or_empty(review->status_reason);
        message->is_verified = review->is_verified;
        message->reply = str_or_empty(review->reply);
        return message;
}

static EventsV1ReviewEventProduct *product_message(Arena *arena, const RequestedProduct *product) {
        EventsV1ReviewEventProduct *message = events_v1_review_event_product_new(arena);

        message->product_id = product->product_id;
        message->name = product->name;
        message->link = product->link;
        return message;
}

static EventsV1ReviewEventRequest *request_message(Arena *arena, const RequestForReview *request) {
        EventsV1ReviewEventRequest *message = events_v1_review_event_request_new(arena);

        message->order_id = request->order_id;
        message->customer_id = request->customer_id;
        message->status_reason = str_or_empty(request->status_reason);
        message->expires_at = proto_time_to_message(arena, request->expires_at_us);
        message->n_products = request->n_products;
        message->products = ARENA_ARRAY(arena, EventsV1ReviewEventProduct *, request->n_products);
        for (size_t i = 0; i < request->n_products; i++)
                message->products[i] = product_message(arena, &request->products[i]);
        return message;
}

static const char *payload(Arena *arena, const char *event_id, const char *event_type,
                           EventsV1ReviewEventData *data) {
        EventsV1ReviewEvent *event = events_v1_review_event_new(arena);
        StrBuf json = { .arena = arena };
        int64_t now_us = clock_wall_us();

        event->event_id = event_id;
        event->event_type = event_type;
        event->timestamp = proto_time_to_message(arena, now_us - now_us % US_PER_S);
        event->source = EVENT_SOURCE;
        event->data = data;
        json_add_message(&json, &events_v1_review_event_info, &event->base);
        return strbuf_text(&json);
}

const char *review_event_payload(Arena *arena, const Review *review, ReviewDeed deed, const char *event_id) {
        EventsV1ReviewEventData *data = events_v1_review_event_data_new(arena);

        data->version = review->version;
        data->review = review_message(arena, review);
        return payload(arena, event_id, review_deed_event(deed), data);
}

const char *review_request_payload(Arena *arena, const RequestForReview *request, const char *event_id) {
        EventsV1ReviewEventData *data = events_v1_review_event_data_new(arena);

        data->version = 1;
        data->request = request_message(arena, request);
        return payload(arena, event_id, review_request_event(request->status), data);
}
