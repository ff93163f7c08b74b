#ifndef CMEMORYSHIM_H
#define CMEMORYSHIM_H

// memfd_create: a nameless file in memory that goes with its last user, closed in programs that are
// started; −1 where there is none. Swift's view of the C library leaves the call out.
int memoryshim_file(const char *label);

#endif
