// Choosing an instruction set when the library is loaded.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CKernels.h"
#include "KernelTable.h"

#if defined(__x86_64__)
#include <sys/syscall.h>
#include <unistd.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

const struct kernel_table *apus_default_kernels = &apus_kernels_portable;
_Thread_local const struct kernel_table *apus_thread_kernels = NULL;

static const struct kernel_table *supported[5] = {&apus_kernels_portable};
static int supported_count = 1;
static char problem[200];

#if defined(__x86_64__)
/// The kernels of AVX-512, with products of bfloat16 numbers by vectors and in tiles.
static struct kernel_table bfloat16_kernels, amx_kernels;

/// Asks the system to save the registers of tiles too; false where it or the processor has none.
static bool may_use_tiles(void) {
  const long request_permission = 0x1023, tile_data = 18;
  return __builtin_cpu_supports("amx-tile") && __builtin_cpu_supports("amx-bf16") &&
         syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
}

/// The kernels of AVX-512 with loops for bfloat16 numbers beside them.
static struct kernel_table with_bfloat16(
    const char *name, const struct product_loops *product, const struct lstm_kernels *lstm) {
  struct kernel_table table = apus_kernels_avx512;
  table.name = name;
  table.product_bfloat16 = product;
  table.lstm_bfloat16 = lstm;
  return table;
}

/// Whether AVX512-BF16 is worth using here.
///
/// Intel's processors since Sapphire Rapids do one product of pairs in the time of four of float32 numbers, half as
/// fast: they have AMX for bfloat16, which a virtual machine may not show.
static bool multiplies_pairs_fast(void) {
  return !__builtin_cpu_is("intel") || __builtin_cpu_is("cooperlake");
}
#endif

/// Lists what the processor has, takes the fastest of it, then follows `APUS_ISA`.
__attribute__((constructor)) static void choose_instruction_set(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
              __builtin_cpu_supports("f16c");
  bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (avx2) supported[supported_count++] = &apus_kernels_avx2;
  if (avx512) supported[supported_count++] = &apus_kernels_avx512;
  apus_default_kernels = supported[supported_count - 1];
  if (avx512 && __builtin_cpu_supports("avx512bf16")) {
    bfloat16_kernels =
        with_bfloat16("avx512bf16", &apus_product_bfloat16, &apus_lstm_bfloat16);
    supported[supported_count++] = &bfloat16_kernels;
    if (multiplies_pairs_fast()) apus_default_kernels = &bfloat16_kernels;
    if (may_use_tiles()) {
      amx_kernels = with_bfloat16("amx", &apus_product_amx, &apus_lstm_amx);
      supported[supported_count++] = &amx_kernels;
      apus_default_kernels = &amx_kernels;
    }
  }
#endif
  const char *wish = getenv("APUS_ISA");
  if (!wish || !*wish) return;
  for (int index = 0; index < supported_count; index++) {
    if (strcmp(wish, supported[index]->name) == 0) {
      apus_default_kernels = supported[index];
      return;
    }
  }
  bool known = !strcmp(wish, "portable") || !strcmp(wish, "avx2") || !strcmp(wish, "avx512") ||
               !strcmp(wish, "avx512bf16") || !strcmp(wish, "amx");
  snprintf(
      problem, sizeof problem, "APUS_ISA is \"%.32s\", %s; using \"%s\"", wish,
      known ? "which this processor does not have"
            : "expected portable, avx2, avx512, avx512bf16 or amx",
      kernels()->name);
}

const char *apus_isa_name(void) { return kernels()->name; }

const char *apus_isa_problem(void) { return *problem ? problem : NULL; }

int apus_isa_count(void) { return supported_count; }

const char *apus_isa_name_at(int index) {
  return index >= 0 && index < supported_count ? supported[index]->name : "";
}

bool apus_isa_select(int index) {
  if (index >= supported_count) return false;
  apus_thread_kernels = index < 0 ? NULL : supported[index];
  return true;
}

bool apus_has_bfloat16(void) {
#if defined(__aarch64__) && defined(__linux__)
  return (getauxval(AT_HWCAP2) & (1ul << 14)) != 0;  // HWCAP2_BF16
#else
  return apus_default_kernels->product_bfloat16 != NULL;
#endif
}
