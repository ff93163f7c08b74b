// The package manager wants a source; everything is in the header.
#include "CVectorShim.h"
