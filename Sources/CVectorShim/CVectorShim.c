#include "CVectorShim.h"

#include <stdint.h>
#include <string.h>

#if defined(__clang__) && __has_builtin(__builtin_nontemporal_store)

typedef float four __attribute__((vector_size(16)));

void vectorshim_stream(float *to, const float *from, size_t count) {
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

void vectorshim_stream(float *to, const float *from, size_t count) {
    memcpy(to, from, count * sizeof *to);
}

#endif
