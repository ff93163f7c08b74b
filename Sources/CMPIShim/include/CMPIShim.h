#ifndef CMPISHIM_H
#define CMPISHIM_H

#include <stddef.h>
#include <stdint.h>

// The MPI calls of this program, all on MPI_COMM_WORLD. Swift cannot call MPI itself: its
// communicators, types and operations are macros that cast addresses of structs, which the importer
// refuses. So that none of them reach Swift, this header names no type of <mpi.h>.
//
// Every function returns MPI_SUCCESS (0) or an error code for mpishim_text.

// MPI_Init_thread, then errors are returned instead of fatal. The thread levels are macros:
// *serialized says whether any thread may call, one at a time.
int mpishim_start(int *serialized);

// MPI_Initialized and MPI_Finalized in one: 0 never started, 1 running, 2 ended.
int mpishim_state(int *state);

// MPI_Finalize; here so that Swift needs no second module.
int mpishim_finish(void);

// MPI_Abort on MPI_COMM_WORLD, a macro. Returns only if MPI could not.
void mpishim_abort(int code);

// MPI_Comm_rank and MPI_Comm_size of MPI_COMM_WORLD, a macro.
int mpishim_world(int *rank, int *size);

// MPI_Error_string into `text` of `capacity` bytes; MPI_MAX_ERROR_STRING is a macro.
void mpishim_text(int error, char *text, size_t capacity);

// MPI_Barrier on MPI_COMM_WORLD, a macro.
int mpishim_barrier(void);

// MPI_Bcast of bytes; MPI_BYTE is a macro.
int mpishim_broadcast(void *bytes, int count, int root);

// MPI_Allreduce by sum in place; MPI_IN_PLACE, MPI_DOUBLE and MPI_SUM are macros.
int mpishim_sum_doubles(double *values, int count);

// The same for floats; MPI_FLOAT is a macro. The order of the sums is MPI's.
int mpishim_sum_floats(float *values, int count);

// MPI_Allgatherv of bytes; MPI_BYTE is a macro.
int mpishim_all_gather_bytes(const void *own, int own_count, void *all, const int *counts,
                             const int *offsets);

// One message of floats from or to `peer`.
typedef struct {
    float *floats;
    int count;
    int peer;
} mpishim_message;

// Sends and receives all messages at once and waits for them; those between two ranks match in the
// order of the lists. The wait spins, or sleeps for `nap` microseconds between looks where that is above
// 0. Here because MPI_Request is a macro type and its array lives for one call.
int mpishim_exchange(const mpishim_message *sends, int send_count,
                     const mpishim_message *receives, int receive_count, int nap);

#endif
