/* The process around a part (app/part.h) that a test assembles by itself. */
#pragma once

#include "app/part.h"
#include "rpc/local.h"
#include "support.h"

#define TEST_HOST_SERVICES 12

typedef struct TestHost {
        AppHost base; /* admission, readiness and bus are for the test to set */
        TokenVerifier *verifier;
        struct {
                const RpcService *service;
                void *implementation;
        } services[TEST_HOST_SERVICES];
        size_t n_services;
} TestHost;

void test_host_init(TestHost *host);

/* What the part finds behind the channel to a service. */
void test_host_serve(TestHost *host, const RpcService *service, void *implementation);

/* Behind the channels that there are already, too. */
void test_host_replace(TestHost *host, const RpcService *service, void *implementation);

/* A channel as the gateway's to a service, with its keys; lives as long as the test. */
RpcChannel *test_channel_with_keys(const RpcService *service, void *implementation, RpcKeys *keys);

/* A part on the database with that many sessions; dsn is NULL for a service without one. Lives in arena. */
AppPart *test_part_new(Arena *arena, const AppService *service, TestHost *host, const char *dsn,
                       size_t n_sessions, const void *config);
