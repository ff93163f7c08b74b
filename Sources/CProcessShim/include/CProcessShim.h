#ifndef CPROCESSSHIM_H
#define CPROCESSSHIM_H

// The arguments that the program was started with, the bytes as they were given. Swift reads them from
// /proc, which need not be there, and replaces bytes that are not UTF-8.
int processshim_argument_count(void);

// The argument at `index`, 0 being the program's name; null beyond the last.
const char *processshim_argument(int index);

#endif
