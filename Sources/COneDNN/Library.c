// The library as a whole: engine, version, threads, statuses.

#include <pthread.h>
#include <stdatomic.h>

#include "Primitive.h"

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

// libgomp's; its header belongs to GCC and clang does not find it.
void omp_set_num_threads(int threads);
int omp_get_max_threads(void);

static dnnl_engine_t shared_engine;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static atomic_int thread_setting;

static void create_engine(void) {
  if (dnnl_engine_create(&shared_engine, dnnl_cpu, 0) != dnnl_success) shared_engine = NULL;
}

dnnl_engine_t apus_engine(void) {
  pthread_once(&once, create_engine);
  return shared_engine;
}

int apus_apply_thread_setting(void) {
  int threads = atomic_load(&thread_setting);
  if (threads < 1) return omp_get_max_threads();
  omp_set_num_threads(threads);
  return threads;
}

void apus_dnn_set_threads(int threads) {
  atomic_store(&thread_setting, threads < 0 ? 0 : threads);
  if (threads > 0) omp_set_num_threads(threads);
}

void apus_dnn_version(int *major, int *minor, int *patch) {
  const dnnl_version_t *version = dnnl_version();
  *major = version->major;
  *minor = version->minor;
  *patch = version->patch;
}

bool apus_dnn_supports_bf16(void) {
#if defined(__x86_64__)
  int wanted = dnnl_cpu_isa_avx512_core_bf16;
  return ((int)dnnl_get_effective_cpu_isa() & wanted) == wanted;
#elif defined(__aarch64__) && defined(__linux__)
  return (getauxval(AT_HWCAP2) & (1UL << 14)) != 0;  // HWCAP2_BF16
#else
  return false;
#endif
}

const char *apus_dnn_status_text(int status) {
  switch (status) {
  case APUS_DNN_SUCCESS: return "no error";
  case APUS_DNN_INVALID: return "sizes or settings out of range or contradictory";
  case APUS_DNN_UNSUPPORTED: return "not supported by oneDNN";
  case APUS_DNN_NO_MEMORY: return "out of memory while preparing a oneDNN primitive";
  case APUS_DNN_BAD_POINTER: return "an array is missing or scratch is not 64-byte aligned";
  case dnnl_out_of_memory: return "oneDNN ran out of memory";
  case dnnl_invalid_arguments: return "oneDNN rejected the arguments";
  case dnnl_unimplemented: return "not implemented by oneDNN";
  case dnnl_runtime_error: return "oneDNN failed while executing";
  default: return "unknown oneDNN status";
  }
}
