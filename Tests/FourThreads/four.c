// Runs before `main`: the tests' process gets four threads on any machine, so that what is said of four threads is
// tried with four. A number that is set from outside stays.
#include "FourThreads.h"

#include <stdlib.h>

__attribute__((constructor)) static void ask_for_four_threads(void) { setenv("OPSD_THREADS", "4", 0); }
