#ifndef CBLASSHIM_H
#define CBLASSHIM_H

// dladdr: the file that holds a loaded function, as the loader knows it; NULL where it does not tell. Swift's
// view of the C library leaves the call out.
const char *blasshim_file(const void *function);

#endif
