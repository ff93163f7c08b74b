#ifndef CTHREADSHIM_H
#define CTHREADSHIM_H

// sched_setaffinity: keeps the calling thread on one processor from now on; 0, or −1 where the system
// refuses or has no such call. Swift's view of the C library leaves the call out, and CPU_SET is a macro.
int threadshim_stay_on(int processor);

// pthread_create of a detached thread with a name and a stack of its own, which calls body(work); 0, or the
// system's number of why there is none. Foundation's Thread.start does not tell, and pthread_setname_np and
// the attributes are outside Swift's view of the C library.
int threadshim_start(const char *name, unsigned long stack, void (*body)(void *work), void *work);

#endif
