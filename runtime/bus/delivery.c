#include "bus/delivery_private.h"

#include "base/str.h"

static const char *header(natsMsg *message, const char *name) {
        const char *value;

        return natsMsgHeader_Get(message, name, &value) == NATS_OK ? value : NULL;
}

static int64_t number(natsMsg *message, const char *name, int64_t otherwise) {
        const char *text = header(message, name);
        int64_t value;

        return text && str_parse_int64(text, &value) ? value : otherwise;
}

static void read_metadata(natsMsg *message, BusDelivery *delivery) {
        jsMsgMetaData *metadata = NULL;

        if (natsMsg_GetMetaData(&metadata, message) != NATS_OK)
                return;
        delivery->n_delivered = metadata->NumDelivered;
        delivery->sequence = metadata->Sequence.Stream;
        jsMsgMetaData_Destroy(metadata);
}

/* nats.c terminates a message's data by a zero byte that it does not count. */
BusDelivery bus_delivery_read(natsMsg *message) {
        int64_t version = number(message, BUS_HEADER_VERSION, 0);
        BusDelivery delivery = {
                .subject = natsMsg_GetSubject(message),
                .message_id = header(message, BUS_HEADER_MESSAGE_ID),
                .payload = natsMsg_GetData(message),
                .payload_bytes = (size_t) natsMsg_GetDataLength(message),
                .aggregate_id = header(message, BUS_HEADER_AGGREGATE),
                .aggregate_version = version,
                .previous_version =
                        number(message, BUS_HEADER_PREVIOUS_VERSION, version > 0 ? version - 1 : 0),
                .previous_sequence = number(message, BUS_HEADER_PREVIOUS_SEQUENCE, 0),
                .event_type = header(message, BUS_HEADER_EVENT_TYPE),
                .traceparent = header(message, BUS_HEADER_TRACEPARENT),
                .verdict = BUS_RETRY,
                .retry_delay_ms = BUS_RETRY_DELAY_MS,
        };

        read_metadata(message, &delivery);
        delivery.is_orphan = delivery.previous_version > 0 && delivery.previous_sequence == 0 &&
                             delivery.n_delivered >= BUS_EARLY_MAX_DELIVERIES;
        return delivery;
}

static int64_t early_delay_ms(const BusDelivery *delivery) {
        int64_t delay_ms = BUS_EARLY_DELAY_MS * (int64_t) delivery->n_delivered;

        return delay_ms < BUS_EARLY_DELAY_MAX_MS ? delay_ms : BUS_EARLY_DELAY_MAX_MS;
}

void bus_delivery_answer(natsMsg *message, const BusDelivery *delivery) {
        switch (delivery->verdict) {
        case BUS_ACK:
                natsMsg_Ack(message, NULL);
                return;
        case BUS_RETRY:
                natsMsg_NakWithDelay(message, delivery->retry_delay_ms, NULL);
                return;
        case BUS_EARLY:
                natsMsg_NakWithDelay(message, early_delay_ms(delivery), NULL);
                return;
        case BUS_PARK:
                natsMsg_Term(message, NULL);
                return;
        }
}
