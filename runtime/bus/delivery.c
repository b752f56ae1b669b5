#include "bus/delivery.h"

#include "base/str.h"

static const char *header(natsMsg *message, const char *name) {
        const char *value;

        return natsMsgHeader_Get(message, name, &value) == NATS_OK ? value : NULL;
}

static int64_t version(natsMsg *message) {
        const char *text = header(message, BUS_HEADER_VERSION);
        int64_t number;

        return text && str_parse_int64(text, &number) ? number : 0;
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
BusDelivery delivery_read(natsMsg *message) {
        BusDelivery delivery = {
                .subject = natsMsg_GetSubject(message),
                .message_id = header(message, BUS_HEADER_MESSAGE_ID),
                .payload = natsMsg_GetData(message),
                .payload_bytes = (size_t) natsMsg_GetDataLength(message),
                .aggregate_id = header(message, BUS_HEADER_AGGREGATE),
                .aggregate_version = version(message),
                .event_type = header(message, BUS_HEADER_EVENT_TYPE),
                .traceparent = header(message, BUS_HEADER_TRACEPARENT),
                .verdict = BUS_RETRY,
                .retry_delay_ms = BUS_RETRY_DELAY_MS,
        };

        read_metadata(message, &delivery);
        return delivery;
}

void delivery_answer(natsMsg *message, const BusDelivery *delivery) {
        switch (delivery->verdict) {
        case BUS_ACK:
                natsMsg_Ack(message, NULL);
                return;
        case BUS_RETRY:
                natsMsg_NakWithDelay(message, delivery->retry_delay_ms, NULL);
                return;
        case BUS_PARK:
                natsMsg_Term(message, NULL);
                return;
        }
}
