#define _GNU_SOURCE
#include "CMemoryShim.h"

#include <stdint.h>
#include <string.h>

#if defined(__linux__)
#include <sys/mman.h>
#endif

int memoryshim_file(const char *label) {
#if defined(__linux__)
    return memfd_create(label, MFD_CLOEXEC);
#else
    (void)label;
    return -1;
#endif
}

#if defined(__clang__) && __has_builtin(__builtin_nontemporal_store)

typedef float four __attribute__((vector_size(16)));

void memoryshim_stream(float *to, const float *from, size_t count) {
    size_t i = 0;
    while (i < count && (uintptr_t)(to + i) % sizeof(four) != 0) {
        to[i] = from[i];
        i++;
    }
    for (; i + 4 <= count; i += 4) {
        four values;
        memcpy(&values, from + i, sizeof values);
        __builtin_nontemporal_store(values, (four *)(to + i));
    }
    for (; i < count; i++) {
        to[i] = from[i];
    }
}

#else

void memoryshim_stream(float *to, const float *from, size_t count) {
    memcpy(to, from, count * sizeof *to);
}

#endif

void memoryshim_fence(void) {
#if defined(__SSE__)
    __builtin_ia32_sfence();
#else
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}
