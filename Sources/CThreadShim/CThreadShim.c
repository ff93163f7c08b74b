#define _GNU_SOURCE
#include "CThreadShim.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

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

// What a thread begins with.
struct beginning {
    void (*body)(void *work);
    void *work;
    char name[16];
};

static void *run(void *pointer) {
    struct beginning beginning = *(struct beginning *)pointer;
    free(pointer);
#if defined(__linux__)
    pthread_setname_np(pthread_self(), beginning.name);
#endif
    beginning.body(beginning.work);
    return NULL;
}

int threadshim_start(const char *name, unsigned long stack, void (*body)(void *work), void *work) {
    struct beginning *beginning = calloc(1, sizeof *beginning);
    pthread_attr_t attributes;
    int code = beginning == NULL ? ENOMEM : pthread_attr_init(&attributes);
    if (code != 0) {
        free(beginning);
        return code;
    }
    beginning->body = body;
    beginning->work = work;
    strncpy(beginning->name, name, sizeof beginning->name - 1);
    pthread_t thread;
    pthread_attr_setstacksize(&attributes, stack);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    code = pthread_create(&thread, &attributes, run, beginning);
    pthread_attr_destroy(&attributes);
    if (code != 0) {
        free(beginning);
    }
    return code;
}
