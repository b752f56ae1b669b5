#include "bus/durable_private.h"

#include <stdio.h>

#define NS_PER_MS INT64_C(1000000)
#define DELIVER_SUBJECT_MAX_BYTES 256

natsStatus bus_durable_ensure(jsCtx *js, const BusConsumerConfig *config) {
        char deliver_subject[DELIVER_SUBJECT_MAX_BYTES];
        jsConsumerConfig settings;

        snprintf(deliver_subject, sizeof(deliver_subject), "deliver.%s.%s", BUS_STREAM, config->durable);
        jsConsumerConfig_Init(&settings);
        settings.Durable = config->durable;
        settings.DeliverSubject = deliver_subject;
        settings.DeliverGroup = config->durable;
        settings.DeliverPolicy = js_DeliverAll;
        settings.AckPolicy = js_AckExplicit;
        settings.AckWait = config->ack_wait_ms * NS_PER_MS;
        settings.MaxAckPending = config->max_ack_pending;
        settings.FilterSubject = config->filter;
        return js_UpdateConsumer(NULL, js, BUS_STREAM, &settings, NULL, NULL);
}

natsStatus bus_durable_subscribe(jsCtx *js, const BusConsumerConfig *config, Subscription *subscription,
                                 natsSubscription **ret_handle) {
        jsSubOptions options;

        jsSubOptions_Init(&options);
        options.Stream = BUS_STREAM;
        options.Consumer = config->durable;
        options.Queue = config->durable;
        options.ManualAck = true;
        return js_Subscribe(ret_handle, js, config->filter, bus_subscription_deliver, subscription, NULL,
                            &options, NULL);
}

bool bus_durable_is_well(jsCtx *js, const BusConsumerConfig *config) {
        jsConsumerInfo *info = NULL;
        natsStatus status = js_GetConsumerInfo(&info, js, BUS_STREAM, config->durable, NULL, NULL);
        bool is_well = status == NATS_OK ? info->PushBound : status != NATS_NOT_FOUND;

        jsConsumerInfo_Destroy(info);
        return is_well;
}

/* Of a durable that is new the server says that what went before it has been delivered. */
uint64_t bus_durable_missed(jsCtx *js, const char *durable) {
        jsConsumerInfo *consumer = NULL;
        jsStreamInfo *stream = NULL;
        uint64_t n = 0;

        if (js_GetConsumerInfo(&consumer, js, BUS_STREAM, durable, NULL, NULL) == NATS_OK &&
            js_GetStreamInfo(&stream, js, BUS_STREAM, NULL, NULL) == NATS_OK &&
            stream->State.FirstSeq > consumer->Delivered.Stream + 1)
                n = stream->State.FirstSeq - 1 - consumer->Delivered.Stream;
        jsConsumerInfo_Destroy(consumer);
        jsStreamInfo_Destroy(stream);
        return n;
}
