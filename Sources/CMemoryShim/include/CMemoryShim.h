#ifndef CMEMORYSHIM_H
#define CMEMORYSHIM_H

#include <stddef.h>

// memfd_create: a nameless file in memory that goes with its last user, closed in programs that are
// started; −1 where there is none. Swift's view of the C library leaves the call out.
int memoryshim_file(const char *label);

// to = from, for `count` floats that nobody reads soon. Stores that pass the caches spare the
// reading of every line that is about to be overwritten; Swift has no name for them. Others may see
// later stores first, until memoryshim_fence.
void memoryshim_stream(float *to, const float *from, size_t count);

// Whoever sees what this thread stores from now on also sees what it has streamed.
void memoryshim_fence(void);

#endif
