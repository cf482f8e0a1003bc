// Batch normalization: dividing the rows among threads, merging their sums, coefficients a channel.

#include <math.h>
#include <string.h>

#include "KernelTable.h"
#include "Threads.h"

/// Scratch: sums in float64 and float32 for each part, then five arrays of coefficients.
struct workspace {
  int64_t padded;
  double *sums;
  float *work;
  float *scale, *shift, *a, *b, *c;
};

static int64_t pad(int64_t channels) { return (channels + 15) / 16 * 16; }

static int64_t part_limit(int threads) { return threads > 1 ? threads : 1; }

size_t apus_batch_normalization_scratch_bytes(int64_t rows, int64_t channels, int threads) {
  (void)rows;
  int64_t sums = part_limit(threads) * (int64_t)(2 * sizeof(double) + 3 * sizeof(float));
  return (size_t)(pad(channels) * (sums + 5 * (int64_t)sizeof(float)));
}

static struct workspace lay_out(void *scratch, int64_t channels, int threads) {
  struct workspace space = {.padded = pad(channels), .sums = scratch};
  space.work = (float *)(space.sums + part_limit(threads) * 2 * space.padded);
  float *next = space.work + part_limit(threads) * 3 * space.padded;
  float **arrays[] = {&space.scale, &space.shift, &space.a, &space.b, &space.c};
  for (int k = 0; k < 5; k++, next += space.padded) *arrays[k] = next;
  return space;
}

static struct channel_sums sums_of(const struct workspace *space, int part) {
  double *sums = space->sums + part * 2 * space->padded;
  return (struct channel_sums){
      sums, sums + space->padded, space->work + part * 3 * space->padded};
}

static int parts_for(int threads, int64_t rows, int64_t channels) {
  return apus_part_count(threads, rows, 2.0 * (double)rows * (double)channels);
}

// Statistics.

struct moments_job {
  const float *x;
  int64_t rows, channels;
  const struct workspace *space;
};

static void moments_part(void *context, int part, int parts) {
  const struct moments_job *job = context;
  struct range rows = apus_range(job->rows, part, parts);
  kernels()->channel_moments(job->x, job->channels, rows, sums_of(job->space, part));
}

/// Adds the mean and sum of squares `other` of `more` rows to those of `count` rows.
static void merge_moments(
    struct channel_sums sums, struct channel_sums other, int64_t channels, double count,
    double more) {
  for (int64_t c = 0; c < channels; c++) {
    double delta = other.first[c] - sums.first[c];
    sums.first[c] += delta * (more / (count + more));
    sums.second[c] += other.second[c] + delta * delta * (count * more / (count + more));
  }
}

static void statistics(
    const float *x, int64_t rows, int64_t channels, float *mean, float *variance,
    const struct workspace *space, int threads) {
  if (rows <= 0) {
    for (int64_t c = 0; c < channels; c++) mean[c] = variance[c] = NAN;
    return;
  }
  int parts = parts_for(threads, rows, channels);
  struct moments_job job = {x, rows, channels, space};
  apus_parallel(parts, moments_part, &job);
  struct channel_sums total = sums_of(space, 0);
  double count = (double)apus_range(rows, 0, parts).end;
  for (int part = 1; part < parts; part++) {
    struct range range = apus_range(rows, part, parts);
    double more = (double)(range.end - range.begin);
    merge_moments(total, sums_of(space, part), channels, count, more);
    count += more;
  }
  for (int64_t c = 0; c < channels; c++) {
    mean[c] = (float)total.first[c];
    variance[c] = (float)(total.second[c] / (double)rows);
  }
}

// Forward.

struct affine_job {
  const struct channel_affine *affine;
  int64_t rows;
};

static void affine_part(void *context, int part, int parts) {
  const struct affine_job *job = context;
  kernels()->channel_affine(job->affine, apus_range(job->rows, part, parts));
}

void apus_batch_normalization_apply(
    const float *x, int64_t rows, int64_t channels, const float *scale, const float *shift,
    float low, float high, float *y, uint16_t *y_bfloat16, int threads) {
  if (!y && !y_bfloat16) return;
  struct channel_affine affine = {x, channels, scale, shift, low, high, y, y_bfloat16};
  struct affine_job job = {&affine, rows};
  apus_parallel(parts_for(threads, rows, channels), affine_part, &job);
}

static double rstd_of(float variance, float epsilon) {
  return 1 / sqrt((double)variance + (double)epsilon);
}

/// The coefficients `z = x · scale + shift` of normalization.
static void set_affine(
    const struct workspace *space, int64_t channels, const float *gamma, const float *beta,
    const float *mean, const float *variance, float epsilon) {
  for (int64_t c = 0; c < channels; c++) {
    double scale = (gamma ? (double)gamma[c] : 1) * rstd_of(variance[c], epsilon);
    space->scale[c] = (float)scale;
    // From the rounded scale, so that x = mean gives beta.
    space->shift[c] = (float)((beta ? (double)beta[c] : 0) -
                              (double)mean[c] * (double)space->scale[c]);
  }
}

void apus_batch_normalization_infer(
    const float *x, int64_t rows, int64_t channels, const float *gamma, const float *beta,
    const float *mean, const float *variance, float epsilon, float low, float high, float *y,
    uint16_t *y_bfloat16, void *scratch, int threads) {
  struct workspace space = lay_out(scratch, channels, threads);
  set_affine(&space, channels, gamma, beta, mean, variance, epsilon);
  apus_batch_normalization_apply(
      x, rows, channels, space.scale, space.shift, low, high, y, y_bfloat16, threads);
}

void apus_batch_normalization_train(
    const float *x, int64_t rows, int64_t channels, const float *gamma, const float *beta,
    float epsilon, float low, float high, float *y, uint16_t *y_bfloat16, float *mean,
    float *variance, void *scratch, int threads) {
  struct workspace space = lay_out(scratch, channels, threads);
  statistics(x, rows, channels, mean, variance, &space, threads);
  if (!y && !y_bfloat16) return;
  apus_batch_normalization_infer(
      x, rows, channels, gamma, beta, mean, variance, epsilon, low, high, y, y_bfloat16, scratch,
      threads);
}

// Backward.

struct gradient_job {
  const struct normalization_gradient *gradient;
  const struct normalization_step *step;
  int64_t rows;
  const struct workspace *space;
};

static void gradient_sums_part(void *context, int part, int parts) {
  const struct gradient_job *job = context;
  struct range rows = apus_range(job->rows, part, parts);
  kernels()->normalization_sums(job->gradient, rows, sums_of(job->space, part));
}

static void gradient_step_part(void *context, int part, int parts) {
  const struct gradient_job *job = context;
  struct range rows = apus_range(job->rows, part, parts);
  kernels()->normalization_step(job->gradient, job->step, rows);
}

/// Sums over the parts: `Σ dz` in `first`, `Σ dz·(x − mean)` in `second` of part 0.
static void gradient_sums(struct gradient_job *job, int64_t channels, int threads) {
  struct channel_sums total = sums_of(job->space, 0);
  int parts = parts_for(threads, job->rows, channels);
  apus_parallel(parts, gradient_sums_part, job);
  for (int part = 1; part < parts; part++) {
    struct channel_sums other = sums_of(job->space, part);
    for (int64_t c = 0; c < channels; c++) {
      total.first[c] += other.first[c];
      total.second[c] += other.second[c];
    }
  }
}

void apus_batch_normalization_backward(
    const float *x, const float *dy, int64_t rows, int64_t channels, const float *gamma,
    const float *beta, const float *mean, const float *variance, float epsilon, float low,
    float high, float *dx, float *dgamma, float *dbeta, void *scratch, int threads) {
  struct workspace space = lay_out(scratch, channels, threads);
  set_affine(&space, channels, gamma, beta, mean, variance, epsilon);
  bool clamps = !(isinf(low) && low < 0 && isinf(high) && high > 0);
  struct normalization_gradient gradient = {
      x, dy, channels, mean, space.scale, space.shift, clamps, low, high};
  struct normalization_step step = {space.a, space.b, space.c, dx};
  struct gradient_job job = {&gradient, &step, rows, &space};
  gradient_sums(&job, channels, threads);
  struct channel_sums total = sums_of(&space, 0);
  double inverse = rows > 0 ? 1 / (double)rows : 0;
  for (int64_t c = 0; c < channels; c++) {
    double rstd = rstd_of(variance[c], epsilon);
    double scale = (gamma ? (double)gamma[c] : 1) * rstd;
    if (dbeta) dbeta[c] = (float)total.first[c];
    if (dgamma) dgamma[c] = rows > 0 ? (float)(total.second[c] * rstd) : 0;  // no rows, no variance
    space.a[c] = (float)scale;
    space.b[c] = (float)(-scale * rstd * rstd * total.second[c] * inverse);
    space.c[c] = (float)(-scale * total.first[c] * inverse);
  }
  if (dx) apus_parallel(parts_for(threads, rows, channels), gradient_step_part, &job);
}
