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
