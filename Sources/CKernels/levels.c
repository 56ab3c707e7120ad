// Which machine code runs: the highest x86-64 level that the processor has, or a lower one that the environment asks
// for. Levels 3 and 4 give the same bits (each kernel fixes the order of its operations, and both fuse multiply and
// add), so that results carry over from any processor of the last ten years to any other.
#include <stdlib.h>

#include "CKernels.h"

#if defined(__x86_64__)
int32_t opsd_level = 1;

__attribute__((constructor)) static void choose_level(void) {
  __builtin_cpu_init();
  int32_t best = __builtin_cpu_supports("x86-64-v4") ? 4 : __builtin_cpu_supports("x86-64-v3") ? 3 : 1;
  const char *wish = getenv("OPSD_X86_LEVEL");
  int32_t wanted = wish && wish[0] >= '1' && wish[0] <= '4' && !wish[1] ? wish[0] - '0' : 4;
  if (wanted == 2) wanted = 1;
  opsd_level = wanted < best ? wanted : best;
}
#else
int32_t opsd_level = 0;
#endif
