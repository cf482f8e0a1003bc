// Softmax, log-softmax and cross-entropy, row by row; sums in float64.

#include <math.h>

#include "CKernels.h"
#include "Threads.h"

/// What a row function gets; the fields a family does not use are null or 0.
struct row_job {
  void (*row)(const struct row_job *job, int64_t row);
  const float *x;
  const float *dy;
  const void *labels;
  apus_type label_type;
  const float *dloss;
  int64_t rows, columns;
  float smoothing;
  float *out;
};

static void rows_part(void *context, int part, int parts) {
  const struct row_job *job = context;
  struct range range = apus_range(job->rows, part, parts);
  for (int64_t row = range.begin; row < range.end; row++) job->row(job, row);
}

static void run_rows(struct row_job job, int threads) {
  // An exponential costs about as much as ten additions.
  double cost = 10.0 * (double)job.rows * (double)job.columns;
  apus_parallel(apus_part_count(threads, job.rows, cost), rows_part, &job);
}

static float largest(const float *x, int64_t columns) {
  float value = -INFINITY;
  for (int64_t k = 0; k < columns; k++) value = x[k] > value || x[k] != x[k] ? x[k] : value;
  return value;
}

/// `log Σ exp(x)`.
static double log_sum(const float *x, int64_t columns) {
  double top = (double)largest(x, columns), sum = 0;
  for (int64_t k = 0; k < columns; k++) sum += (double)expf((float)((double)x[k] - top));
  return top + log(sum);
}

// Softmax and its logarithm.

static void softmax_row(const struct row_job *job, int64_t row) {
  const float *x = job->x + row * job->columns;
  float *y = job->out + row * job->columns;
  float top = largest(x, job->columns);
  double sum = 0;
  for (int64_t k = 0; k < job->columns; k++) {
    y[k] = expf(x[k] - top);
    sum += (double)y[k];
  }
  float factor = (float)(1 / sum);
  for (int64_t k = 0; k < job->columns; k++) y[k] *= factor;
}

static void log_softmax_row(const struct row_job *job, int64_t row) {
  const float *x = job->x + row * job->columns;
  float *y = job->out + row * job->columns;
  double total = log_sum(x, job->columns);
  for (int64_t k = 0; k < job->columns; k++) y[k] = (float)((double)x[k] - total);
}

void apus_softmax(const float *x, int64_t rows, int64_t columns, float *y, int threads) {
  run_rows(
      (struct row_job){.row = softmax_row, .x = x, .rows = rows, .columns = columns, .out = y},
      threads);
}

void apus_log_softmax(const float *x, int64_t rows, int64_t columns, float *y, int threads) {
  run_rows(
      (struct row_job){.row = log_softmax_row, .x = x, .rows = rows, .columns = columns, .out = y},
      threads);
}

static void softmax_gradient_row(const struct row_job *job, int64_t row) {
  const float *y = job->x + row * job->columns, *dy = job->dy + row * job->columns;
  float *dx = job->out + row * job->columns;
  double sum = 0;
  for (int64_t k = 0; k < job->columns; k++) sum += (double)dy[k] * (double)y[k];
  for (int64_t k = 0; k < job->columns; k++) dx[k] = (float)((double)y[k] * ((double)dy[k] - sum));
}

static void log_softmax_gradient_row(const struct row_job *job, int64_t row) {
  const float *y = job->x + row * job->columns, *dy = job->dy + row * job->columns;
  float *dx = job->out + row * job->columns;
  double sum = 0;
  for (int64_t k = 0; k < job->columns; k++) sum += (double)dy[k];
  for (int64_t k = 0; k < job->columns; k++) dx[k] = (float)((double)dy[k] - (double)expf(y[k]) * sum);
}

void apus_softmax_gradient(
    const float *y, const float *dy, int64_t rows, int64_t columns, float *dx, int threads) {
  run_rows(
      (struct row_job){
          .row = softmax_gradient_row, .x = y, .dy = dy, .rows = rows, .columns = columns,
          .out = dx},
      threads);
}

void apus_log_softmax_gradient(
    const float *y, const float *dy, int64_t rows, int64_t columns, float *dx, int threads) {
  run_rows(
      (struct row_job){
          .row = log_softmax_gradient_row, .x = y, .dy = dy, .rows = rows, .columns = columns,
          .out = dx},
      threads);
}

// Cross-entropy with integer labels.

/// The label of a row, or −1 where it is out of range.
static int64_t label_of(const struct row_job *job, int64_t row) {
  int64_t label = -1;
  if (job->label_type == APUS_INT32) label = ((const int32_t *)job->labels)[row];
  if (job->label_type == APUS_INT64) label = ((const int64_t *)job->labels)[row];
  if (job->label_type == APUS_UINT8) label = ((const uint8_t *)job->labels)[row];
  return label >= 0 && label < job->columns ? label : -1;
}

static double slope_of(const struct row_job *job, int64_t row) {
  return job->dloss ? (double)job->dloss[row] : 1;
}

static void cross_entropy_row(const struct row_job *job, int64_t row) {
  const float *x = job->x + row * job->columns;
  int64_t label = label_of(job, row);
  if (label < 0) {
    job->out[row] = NAN;
    return;
  }
  double total = log_sum(x, job->columns), smoothing = (double)job->smoothing;
  double loss = (1 - smoothing) * (total - (double)x[label]);
  if (smoothing != 0) {
    double sum = 0;
    for (int64_t k = 0; k < job->columns; k++) sum += total - (double)x[k];
    loss += smoothing / (double)job->columns * sum;
  }
  job->out[row] = (float)loss;
}

static void cross_entropy_gradient_row(const struct row_job *job, int64_t row) {
  const float *x = job->x + row * job->columns;
  float *dx = job->out + row * job->columns;
  int64_t label = label_of(job, row);
  double total = log_sum(x, job->columns), slope = slope_of(job, row);
  double base = (double)job->smoothing / (double)job->columns;
  for (int64_t k = 0; k < job->columns; k++) {
    double target = base + (k == label ? 1 - (double)job->smoothing : 0);
    double gradient = ((double)expf((float)((double)x[k] - total)) - target) * slope;
    dx[k] = label < 0 ? NAN : (float)gradient;
  }
}

void apus_cross_entropy(
    const float *logits, const void *labels, apus_type label_type, int64_t rows, int64_t columns,
    float smoothing, float *loss, int threads) {
  run_rows(
      (struct row_job){
          .row = cross_entropy_row, .x = logits, .labels = labels, .label_type = label_type,
          .rows = rows, .columns = columns, .smoothing = smoothing, .out = loss},
      threads);
}

void apus_cross_entropy_gradient(
    const float *logits, const void *labels, apus_type label_type, const float *dloss,
    int64_t rows, int64_t columns, float smoothing, float *dlogits, int threads) {
  run_rows(
      (struct row_job){
          .row = cross_entropy_gradient_row, .x = logits, .labels = labels,
          .label_type = label_type, .dloss = dloss, .rows = rows, .columns = columns,
          .smoothing = smoothing, .out = dlogits},
      threads);
}

// Cross-entropy with a distribution for each row.

static double target_of(const struct row_job *job, int64_t row, int64_t column) {
  double label = (double)((const float *)job->labels)[row * job->columns + column];
  double smoothing = (double)job->smoothing;
  return (1 - smoothing) * label + smoothing / (double)job->columns;
}

static void dense_row(const struct row_job *job, int64_t row) {
  const float *x = job->x + row * job->columns;
  double total = log_sum(x, job->columns), loss = 0;
  for (int64_t k = 0; k < job->columns; k++) {
    double target = target_of(job, row, k);
    if (target != 0) loss += target * (total - (double)x[k]);
  }
  job->out[row] = (float)loss;
}

static void dense_gradient_row(const struct row_job *job, int64_t row) {
  const float *x = job->x + row * job->columns;
  float *dx = job->out + row * job->columns;
  double total = log_sum(x, job->columns), slope = slope_of(job, row), sum = 0;
  for (int64_t k = 0; k < job->columns; k++) sum += target_of(job, row, k);
  for (int64_t k = 0; k < job->columns; k++) {
    double probability = (double)expf((float)((double)x[k] - total));
    dx[k] = (float)((probability * sum - target_of(job, row, k)) * slope);
  }
}

void apus_cross_entropy_dense(
    const float *logits, const float *labels, int64_t rows, int64_t columns, float smoothing,
    float *loss, int threads) {
  run_rows(
      (struct row_job){
          .row = dense_row, .x = logits, .labels = labels, .rows = rows, .columns = columns,
          .smoothing = smoothing, .out = loss},
      threads);
}

void apus_cross_entropy_dense_gradient(
    const float *logits, const float *labels, const float *dloss, int64_t rows, int64_t columns,
    float smoothing, float *dlogits, int threads) {
  run_rows(
      (struct row_job){
          .row = dense_gradient_row, .x = logits, .labels = labels, .dloss = dloss, .rows = rows,
          .columns = columns, .smoothing = smoothing, .out = dlogits},
      threads);
}
