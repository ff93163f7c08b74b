#define _GNU_SOURCE
#include "CBLASShim.h"

#include <dlfcn.h>
#include <stddef.h>

const char *blasshim_file(const void *function) {
    Dl_info info;
    return dladdr(function, &info) ? info.dli_fname : NULL;
}
