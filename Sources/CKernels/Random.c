// Random numbers: dividing elements among threads at whole groups of blocks.

#include "Random.h"

#include "KernelTable.h"

struct random_run {
  const struct random_job *job;
  void (*loops)(const struct random_job *job, struct range elements);
};

static void random_range(const void *context, struct range groups) {
  const struct random_run *run = context;
  int64_t end = groups.end * APUS_RANDOM_GROUP, count = run->job->count;
  struct range elements = {groups.begin * APUS_RANDOM_GROUP, end < count ? end : count};
  if (elements.begin < elements.end) run->loops(run->job, elements);
}

static void run(
    const struct random_job *job,
    void (*loops)(const struct random_job *job, struct range elements), int threads) {
  struct random_run random = {job, loops};
  int64_t groups = (job->count + APUS_RANDOM_GROUP - 1) / APUS_RANDOM_GROUP;
  apus_parallel_ranges(threads, groups, 8 * (double)job->count, random_range, &random);
}

void apus_random_bits(
    uint32_t *out, int64_t count, apus_random_key key, uint32_t stream, int threads) {
  struct random_job job = {key, stream, count, 0, 0, NULL, out};
  run(&job, kernels()->random_bits, threads);
}

void apus_random_uniform(
    float *out, int64_t count, float low, float high, apus_random_key key, uint32_t stream,
    int threads) {
  struct random_job job = {key, stream, count, low, high - low, NULL, out};
  run(&job, kernels()->random_uniform, threads);
}

void apus_random_normal(
    float *out, int64_t count, float mean, float deviation, apus_random_key key,
    uint32_t stream, int threads) {
  struct random_job job = {key, stream, count, mean, deviation, NULL, out};
  run(&job, kernels()->random_normal, threads);
}

void apus_dropout(
    const float *x, float *out, int64_t count, float rate, apus_random_key key, uint32_t stream,
    int threads) {
  struct random_job job = {key, stream, count, rate, 1 / (1 - rate), x, out};
  run(&job, kernels()->dropout, threads);
}
