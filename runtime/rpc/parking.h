/*
 * Calls that wait for the first call with their Idempotency-Key, without a worker: the edge where such a call
 * came in parks it, and it is run again, until its answer is another than IDEMPOTENCY_IN_FLIGHT or its time
 * is nearly over.
 */
#pragma once

#include "rpc/admission.h"

/* Calls that may wait at a time; one of a key. */
#define PARKING_PLACES 32

typedef struct Parking Parking;

/* Its calls run on the workers, which must outlive it. */
Parking *rpc_parking_new(Workers *workers);
void rpc_parking_free(Parking *parking); /* when nobody waits any more */

/* Whoever waits is told at once that the first call is under way, and nobody waits from now on. */
void rpc_parking_close(Parking *parking);

/*
 * What an edge does with a call that came to error, or to an answer (NULL). True: the call waits, runs again
 * and is not the edge's any more. False: that is its answer; it has left its place, and unless it was told of
 * the first call, who waits for its key runs again now.
 *
 * A call waits when it came from outside: what a service calls for somebody waits where it came in.
 */
bool rpc_parking_takes(Parking *parking, AdmissionCall *call, const Error *error);
