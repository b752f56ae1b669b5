/* A nats-server of the test's own (free port, own store), to be killed, wiped and started again at will. */
#pragma once

#include <nats/nats.h>

#include "support.h"

#define NATS_TEST_USER "millrace"
#define NATS_TEST_PASSWORD "test"
#define NATS_TEST_OTHER_PASSWORD "another"

typedef struct NatsServer NatsServer;

/*
 * Starts one with JetStream and waits until it takes connections; it ends when the test ends, its store
 * when the program does.
 */
NatsServer *nats_server_new(void);

const char *nats_server_url(const NatsServer *server);

/* A file with a password of NATS_TEST_USER; nats_server_write_password replaces what it holds. */
const char *nats_server_password_file(const NatsServer *server);
const char *nats_server_write_password(const NatsServer *server, const char *password);

/* kill -9; the store stays. */
void nats_server_kill(NatsServer *server);

/* The server stands still, its sockets stay open. */
void nats_server_pause(NatsServer *server);
void nats_server_resume(NatsServer *server);

/* Forgets everything that the dead server had stored. */
void nats_server_wipe(NatsServer *server);

/* Keeps a copy of the dead server's store; brings it back. */
void nats_server_save(NatsServer *server);
void nats_server_roll_back(NatsServer *server);

/* Starts the dead server again, on the same port and store. Also lets it refuse everyone, for a while. */
void nats_server_start(NatsServer *server);
void nats_server_start_refusing(NatsServer *server);
void nats_server_wait_for_refusals(NatsServer *server, int n);

/* A direct way in, for arranging and inspecting; its own connection, closed when the test ends. */
jsCtx *nats_server_jetstream(NatsServer *server);

/* How many messages the stream holds. */
uint64_t nats_server_count_messages(NatsServer *server, const char *stream);
