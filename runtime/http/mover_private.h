/*
 * A thread that moves the bytes of its share of the connections: it waits for events, for the letters of
 * other threads, and for its timers. What is a mover's is touched by its thread only, but for http_mover_post
 * and mover_wake.
 */
#pragma once

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>

#include "http/server.h"
#include "http/timer_private.h"

typedef struct Mover Mover;
typedef struct Connection Connection;

/* What a descriptor's events are told to. */
typedef struct Source Source;
struct Source {
        void (*on_events)(Source *source, uint32_t events);
};

/* Something that another thread hands to a mover; opened on the mover's thread. */
typedef struct Letter Letter;
struct Letter {
        void (*open)(Letter *letter);
        Letter *next;
};

typedef enum TimerClass {
        TIMER_IDLE,   /* no byte of the next request */
        TIMER_HEAD,   /* from its first byte to the head's end */
        TIMER_BODY,   /* from there to the body's end */
        TIMER_WRITE,  /* no byte of the answer goes */
        TIMER_DRAIN,  /* after the last answer, until the client ends too */
        TIMER_PACE,   /* until a client that was refused for overload is heard again */
        TIMER_LISTEN, /* until connections are taken again after descriptors ran out */
        TIMER_TALLY,  /* between two lines about refusals */
        N_TIMERS,
} TimerClass;

/* Refusals that have yet to be told. */
typedef struct Tally {
        Timer timer;
        size_t n;
        int status; /* of the last one */
        const char *problem;
        char client[INET6_ADDRSTRLEN];
} Tally;

struct Mover {
        HttpServer *server;
        int epoll_fd, wake_fd;
        pthread_t thread;
        Source wake;
        TimerList timers[N_TIMERS];
        List ordinary, reserved; /* oldest first */
        List closed;             /* freed when no event at hand can be for them */
        Tally tally;
        int64_t date_s;
        char date[32]; /* "Sun, 06 Nov 1994 08:49:37 GMT", of date_s */
        pthread_mutex_t lock;
        Letter *letters; /* under the lock */
        bool has_ended;  /* under the lock */
        atomic_bool is_woken, is_stopping, is_abandoning;
        bool has_abandoned;
};

/* Starts its thread; false when there is no descriptor or no thread for it. */
bool http_mover_start(Mover *mover, HttpServer *server) __attribute__((warn_unused_result));

/* From any thread. False after its end: the letter is still the caller's. */
bool http_mover_post(Mover *mover, Letter *letter) __attribute__((warn_unused_result));

/* Answers the calls that are still with a worker; from any thread. */
void http_mover_abandon(Mover *mover);

/* Ends the thread and closes its connections. Harmless when it was not started. */
void http_mover_stop(Mover *mover);

/* Has the source told of a descriptor's events; false when the kernel has no memory for it. */
bool http_mover_watch(Mover *mover, int fd, uint32_t events, Source *source)
        __attribute__((warn_unused_result));

/* Counts a refusal; the first is logged at once, those of a second after it in one line, as the last one. */
void http_mover_note_refusal(Mover *mover, const char *client, int status, const char *problem);

/* The value of a Date header; good until the next call. */
const char *http_mover_date(Mover *mover);
