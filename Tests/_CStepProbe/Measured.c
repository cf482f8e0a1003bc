#include "CStepProbe.h"

__attribute__((noinline)) void probe_measured(void (*body)(void *context), void *context) {
  body(context);
  __asm__ volatile("");  // or the call would become a jump, and valgrind see no return
}
