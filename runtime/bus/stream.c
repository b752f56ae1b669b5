#include "bus/stream_private.h"

#include <string.h>

#include "base/log.h"
#include "bus/link_private.h"

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_HOUR (3600 * 1000 * NS_PER_MS)
#define NS_PER_US 1000

static void set_settings(jsStreamConfig *config, const char **subjects, const BusConfig *wanted) {
        config->Subjects = subjects;
        config->SubjectsLen = 1;
        config->MaxAge = wanted->retention_hours * NS_PER_HOUR;
        config->MaxBytes = wanted->stream_max_bytes;
        config->Discard = js_DiscardOld;
        config->Duplicates = BUS_DEDUPE_WINDOW_MS * NS_PER_MS;
}

static bool has_settings(const jsStreamConfig *config, const BusConfig *wanted) {
        return config->SubjectsLen == 1 && strcmp(config->Subjects[0], BUS_SUBJECTS) == 0 &&
               config->MaxAge == wanted->retention_hours * NS_PER_HOUR &&
               config->MaxBytes == wanted->stream_max_bytes && config->Discard == js_DiscardOld &&
               config->Duplicates == BUS_DEDUPE_WINDOW_MS * NS_PER_MS;
}

/* Another process that made it meanwhile is as good: the next look finds it. */
static natsStatus add_stream(jsCtx *js, const BusConfig *wanted) {
        const char *subjects[] = { BUS_SUBJECTS };
        jsStreamConfig config;

        jsStreamConfig_Init(&config);
        config.Name = BUS_STREAM;
        config.Retention = js_LimitsPolicy;
        config.Storage = js_FileStorage;
        set_settings(&config, subjects, wanted);
        natsStatus status = js_AddStream(NULL, js, &config, NULL, NULL);
        if (status == NATS_OK)
                log_info("bus stream created", log_text("stream", BUS_STREAM));
        return status;
}

/* Starts from what the stream has, so that replicas and placement stay as its operator set them. */
static natsStatus update_stream(jsCtx *js, const jsStreamConfig *current, const BusConfig *wanted) {
        const char *subjects[] = { BUS_SUBJECTS };
        jsStreamConfig config = *current;

        set_settings(&config, subjects, wanted);
        natsStatus status = js_UpdateStream(NULL, js, &config, NULL, NULL);
        if (status == NATS_OK)
                log_info("bus stream settings updated", log_text("stream", BUS_STREAM));
        return status;
}

natsStatus bus_stream_ensure(jsCtx *js, const BusConfig *wanted, const char **ret_problem) {
        jsStreamInfo *info = NULL;
        natsStatus status = js_GetStreamInfo(&info, js, BUS_STREAM, NULL, NULL);

        if (status == NATS_NOT_FOUND)
                status = add_stream(js, wanted);
        else if (status == NATS_OK && !has_settings(info->Config, wanted))
                status = update_stream(js, info->Config, wanted);
        if (status != NATS_OK)
                *ret_problem = bus_problem(status);
        jsStreamInfo_Destroy(info);
        return status;
}

natsStatus bus_stream_look(jsCtx *js, BusStreamState *ret_state, const char **ret_problem) {
        jsStreamInfo *info = NULL;
        natsStatus status = js_GetStreamInfo(&info, js, BUS_STREAM, NULL, NULL);

        if (status != NATS_OK) {
                *ret_problem = bus_problem(status);
                return status;
        }
        *ret_state = (BusStreamState) {
                .created_us = info->Created / NS_PER_US,
                .last_sequence = (int64_t) info->State.LastSeq,
        };
        jsStreamInfo_Destroy(info);
        return NATS_OK;
}
