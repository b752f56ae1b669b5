/*
 * The life of a process: configuration, its parts (app/part.h), health, serving, and a drain on SIGTERM that
 * finishes the calls in flight.
 */
#pragma once

#include "app/part.h"

/* Several services in one process. */
typedef struct AppProgram {
        const char *name;    /* "millrace" */
        const char *summary; /* one sentence, for --help */
        uint16_t grpc_port;  /* unless MILLRACE_GRPC_PORT says otherwise */
        const AppService *const *services; /* in the order in which they start, NULL-terminated */
} AppProgram;

/*
 * Runs a program from its start to its end: the arguments and the environment are read, every part is
 * assembled, then started, then served until SIGTERM or SIGINT. A second signal ends the process at once.
 *
 * Returns the exit code: 0 after a signal or --help, 1 when a part or the port failed, 2 with a sentence on
 * stderr when the arguments or the environment are wrong.
 */
int app_main(const AppProgram *program, int argc, char **argv);

/* A program of one service: millrace-<name>, on the port that the service's callers expect. */
int app_main_alone(const AppService *service, int argc, char **argv);
