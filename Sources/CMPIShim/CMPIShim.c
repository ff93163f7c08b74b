#include "CMPIShim.h"

#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int mpishim_start(int *serialized) {
    int provided = MPI_THREAD_SINGLE;
    int error = MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &provided);
    if (error != MPI_SUCCESS) {
        return error;
    }
    *serialized = provided >= MPI_THREAD_SERIALIZED;
    return MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
}

int mpishim_state(int *state) {
    int started = 0;
    int ended = 0;
    int error = MPI_Initialized(&started);
    if (error == MPI_SUCCESS) {
        error = MPI_Finalized(&ended);
    }
    *state = ended ? 2 : started ? 1 : 0;
    return error;
}

int mpishim_finish(void) {
    return MPI_Finalize();
}

void mpishim_abort(int code) {
    MPI_Abort(MPI_COMM_WORLD, code);
}

int mpishim_world(int *rank, int *size) {
    int error = MPI_Comm_rank(MPI_COMM_WORLD, rank);
    return error == MPI_SUCCESS ? MPI_Comm_size(MPI_COMM_WORLD, size) : error;
}

void mpishim_text(int error, char *text, size_t capacity) {
    char message[MPI_MAX_ERROR_STRING + 1] = "";
    int length = 0;
    if (MPI_Error_string(error, message, &length) != MPI_SUCCESS) {
        snprintf(message, sizeof message, "error %d", error);
    }
    snprintf(text, capacity, "%s", message);
}

int mpishim_barrier(void) {
    return MPI_Barrier(MPI_COMM_WORLD);
}

int mpishim_broadcast(void *bytes, int count, int root) {
    return MPI_Bcast(bytes, count, MPI_BYTE, root, MPI_COMM_WORLD);
}

int mpishim_sum_doubles(double *values, int count) {
    return MPI_Allreduce(MPI_IN_PLACE, values, count, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
}

int mpishim_sum_floats(float *values, int count) {
    return MPI_Allreduce(MPI_IN_PLACE, values, count, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
}

int mpishim_all_gather_bytes(const void *own, int own_count, void *all, const int *counts,
                             const int *offsets) {
    return MPI_Allgatherv(own, own_count, MPI_BYTE, all, counts, offsets, MPI_BYTE,
                          MPI_COMM_WORLD);
}

// The first message that failed, where MPI only says that some did.
static int first_error(int error, int count, const MPI_Status *statuses) {
    if (error != MPI_ERR_IN_STATUS) {
        return error;
    }
    for (int i = 0; i < count; i++) {
        if (statuses[i].MPI_ERROR != MPI_SUCCESS && statuses[i].MPI_ERROR != MPI_ERR_PENDING) {
            return statuses[i].MPI_ERROR;
        }
    }
    return error;
}

// MPI_Waitall, which spins, or MPI_Testall and a nap in turn; statuses are filled in by both.
static int wait_for_all(int count, MPI_Request *requests, MPI_Status *statuses, int nap) {
    if (nap <= 0) {
        return MPI_Waitall(count, requests, statuses);
    }
    struct timespec pause = {.tv_sec = 0, .tv_nsec = 1000L * nap};
    for (;;) {
        int done = 0;
        int error = MPI_Testall(count, requests, &done, statuses);
        if (error != MPI_SUCCESS || done) {
            return error;
        }
        nanosleep(&pause, NULL);
    }
}

int mpishim_exchange(const mpishim_message *sends, int send_count,
                     const mpishim_message *receives, int receive_count, int nap) {
    enum { tag = 1 };
    size_t capacity = (size_t)(send_count + receive_count);
    MPI_Request *requests = malloc((capacity + 1) * sizeof *requests);
    MPI_Status *statuses = malloc((capacity + 1) * sizeof *statuses);
    int posted = 0;
    int error = requests && statuses ? MPI_SUCCESS : MPI_ERR_NO_MEM;
    for (int i = 0; i < receive_count && error == MPI_SUCCESS; i++) {
        error = MPI_Irecv(receives[i].floats, receives[i].count, MPI_FLOAT, receives[i].peer, tag,
                          MPI_COMM_WORLD, &requests[posted]);
        posted += error == MPI_SUCCESS;
    }
    for (int i = 0; i < send_count && error == MPI_SUCCESS; i++) {
        error = MPI_Isend(sends[i].floats, sends[i].count, MPI_FLOAT, sends[i].peer, tag,
                          MPI_COMM_WORLD, &requests[posted]);
        posted += error == MPI_SUCCESS;
    }
    if (error == MPI_SUCCESS && posted > 0) {
        error = first_error(wait_for_all(posted, requests, statuses, nap), posted, statuses);
    }
    free(requests);
    free(statuses);
    return error;
}
