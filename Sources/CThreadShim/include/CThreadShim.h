#ifndef CTHREADSHIM_H
#define CTHREADSHIM_H

// sched_setaffinity: keeps the calling thread on one processor from now on; 0, or −1 where the system
// refuses or has no such call. Swift's view of the C library leaves the call out, and CPU_SET is a macro.
int threadshim_stay_on(int processor);

#endif
