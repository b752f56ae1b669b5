#include "data/price_event.h"

#include "base/clock.h"
#include "data/rule_rows.h"
#include "events/v1/price.rpc.h"
#include "json/codec.h"
#include "proto/values.h"

#define EVENT_SOURCE "pricing-service"

static EventsV1PriceEventData *data(Arena *arena, const PriceRule *rule, int64_t version) {
        EventsV1PriceEventData *message = events_v1_price_event_data_new(arena);

        message->product_id = rule->product_id;
        message->sku = rule->sku;
        message->version = version;
        message->rule_id = rule->id;
        message->kind = pricing_rows_kind(rule->kind);
        message->ends_rule_id = rule->ends_id;
        return message;
}

const char *pricing_event_payload(Arena *arena, const PriceRule *rule, int64_t version,
                                  const char *event_id) {
        EventsV1PriceEvent *event = events_v1_price_event_new(arena);
        StrBuf json = { .arena = arena };
        int64_t now_us = clock_wall_us();

        event->event_id = event_id;
        event->event_type = PRICING_EVENT_TYPE;
        event->timestamp = proto_time_to_message(arena, now_us - now_us % US_PER_S);
        event->source = EVENT_SOURCE;
        event->data = data(arena, rule, version);
        json_add_message(&json, &events_v1_price_event_info, &event->base);
        return strbuf_text(&json);
}
