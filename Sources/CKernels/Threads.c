// Sharing work among the threads of the OpenMP team that oneDNN uses too.

#include "KernelTable.h"
#include "Threads.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// GNU's OpenMP run-time, called as a compiler would call it for `#pragma omp parallel`.
void GOMP_parallel(void (*body)(void *), void *data, unsigned threads, unsigned flags);
int omp_get_thread_num(void);
int omp_get_num_threads(void);
int omp_get_num_procs(void);

int apus_processor_count(void) { return omp_get_num_procs(); }

#if defined(__x86_64__)
static const unsigned flushing = 0x8040;  // flush to zero, denormals are zero
bool apus_flushes_denormals(void) { return (_mm_getcsr() & flushing) == flushing; }
void apus_flush_denormals(void) {
  if (!apus_flushes_denormals()) _mm_setcsr(_mm_getcsr() | flushing);
}
void apus_keep_denormals(void) { _mm_setcsr(_mm_getcsr() & ~flushing); }
#elif defined(__aarch64__)
static const uint64_t flushing = UINT64_C(1) << 24;
static uint64_t control(void) {
  uint64_t control;
  __asm__ volatile("mrs %0, fpcr" : "=r"(control));
  return control;
}
static void set_control(uint64_t control) { __asm__ volatile("msr fpcr, %0" : : "r"(control)); }
bool apus_flushes_denormals(void) { return (control() & flushing) != 0; }
void apus_flush_denormals(void) {
  if (!apus_flushes_denormals()) set_control(control() | flushing);
}
void apus_keep_denormals(void) { set_control(control() & ~flushing); }
#else
bool apus_flushes_denormals(void) { return false; }
void apus_flush_denormals(void) {}
void apus_keep_denormals(void) {}
#endif

struct job {
  void (*body)(void *context, int part, int parts);
  void *context;
  int parts;
  const struct kernel_table *kernels;
};

/// One thread's share of a job: the parts of its own number, and of missing threads.
static void run_parts(void *data) {
  const struct job *job = data;
  apus_flush_denormals();
  apus_thread_kernels = job->kernels;
  int team = omp_get_num_threads();
  for (int part = omp_get_thread_num(); part < job->parts; part += team) {
    job->body(job->context, part, job->parts);
  }
}

void apus_parallel(
    int threads, void (*body)(void *context, int part, int parts), void *context) {
  if (threads <= 1) {
    apus_flush_denormals();
    body(context, 0, 1);
    return;
  }
  struct job job = {body, context, threads, apus_thread_kernels};
  GOMP_parallel(run_parts, &job, (unsigned)threads, 0);
}

int apus_part_count(int threads, int64_t items, double cost) {
  const double grain = 16384;  // a fork and join costs about 2 µs, as much as 10 000 additions
  if (threads <= 1 || items <= 1 || cost < 2 * grain) return 1;
  int64_t parts = threads;
  if (parts > items) parts = items;
  double most = cost / grain;
  return most < (double)parts ? (int)most : (int)parts;
}

struct range apus_range(int64_t items, int part, int parts) {
  int64_t each = items / parts, left = items % parts;
  int64_t begin = part * each + (part < left ? part : left);
  return (struct range){begin, begin + each + (part < left ? 1 : 0)};
}

struct range apus_range_of_blocks(int64_t items, int64_t block, int part, int parts) {
  struct range blocks = apus_range((items + block - 1) / block, part, parts);
  int64_t end = blocks.end * block;
  return (struct range){blocks.begin * block, end < items ? end : items};
}

struct ranges_job {
  void (*body)(const void *context, struct range items);
  const void *context;
  int64_t items;
};

static void run_range(void *context, int part, int parts) {
  const struct ranges_job *job = context;
  job->body(job->context, apus_range(job->items, part, parts));
}

void apus_parallel_ranges(
    int threads, int64_t items, double cost,
    void (*body)(const void *context, struct range items), const void *context) {
  if (items <= 0) return;
  struct ranges_job job = {body, context, items};
  apus_parallel(apus_part_count(threads, items, cost), run_range, &job);
}
