#include "CProcessShim.h"

#include <stddef.h>

static int count;
static char **arguments;

// The C library hands main's arguments to constructors too, which run before Swift's main.
__attribute__((constructor)) static void keep(int given, char **values) {
    count = given;
    arguments = values;
}

int processshim_argument_count(void) { return count; }

const char *processshim_argument(int index) {
    return index >= 0 && index < count ? arguments[index] : NULL;
}
