#ifndef BINDING_H
#define BINDING_H

#include <stddef.h>

/// A call that is looked for by name, and the pointer that receives it.
typedef struct {
    const char *name;
    void *place;
} photoshim_call;

/// Looks for all calls in `library`; fills in their places once, where none is lacking. Returns NULL, or the
/// name of one that is lacking.
const char *photoshim_bind(void *library, const photoshim_call *calls, size_t count, int *bound);

#endif
