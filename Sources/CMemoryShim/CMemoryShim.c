#define _GNU_SOURCE
#include "CMemoryShim.h"

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
