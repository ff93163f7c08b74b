#define _GNU_SOURCE
#include "CThreadShim.h"

#if defined(__linux__)
#include <sched.h>
#endif

int threadshim_stay_on(int processor) {
#if defined(__linux__)
    // The fixed set has room for CPU_SETSIZE processors; machines with more ask for their own.
    cpu_set_t *set = CPU_ALLOC((size_t)processor + 1);
    if (set == NULL) {
        return -1;
    }
    size_t size = CPU_ALLOC_SIZE((size_t)processor + 1);
    CPU_ZERO_S(size, set);
    CPU_SET_S((size_t)processor, size, set);
    int result = sched_setaffinity(0, size, set);
    CPU_FREE(set);
    return result;
#else
    (void)processor;
    return -1;
#endif
}
