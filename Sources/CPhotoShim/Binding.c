#include "Binding.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

static pthread_mutex_t binding = PTHREAD_MUTEX_INITIALIZER;

const char *photoshim_bind(void *library, const photoshim_call *calls, size_t count, int *bound) {
    for (size_t index = 0; index < count; index++) {
        if (!dlsym(library, calls[index].name)) return calls[index].name;
    }
    pthread_mutex_lock(&binding);
    for (size_t index = 0; index < count && !*bound; index++) {
        void *found = dlsym(library, calls[index].name);
        memcpy(calls[index].place, &found, sizeof found);
    }
    *bound = 1;
    pthread_mutex_unlock(&binding);
    return NULL;
}
