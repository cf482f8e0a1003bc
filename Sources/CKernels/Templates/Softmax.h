// Softmax, its logarithm and cross-entropy, a row at a time.
//
// Sums over a row are kept in float64. Lanes past the end of a row are −infinity, whose exponential
// adds nothing.

#pragma once

#include "../Labels.h"
#include "../Softmax.h"
#include "Functions.h"

/// The first `n` lanes from memory, `fill` in the others.
INLINE vf load_or(const float *p, int64_t n, float fill) {
  if (n >= W) return load(p);
  vi lane;
  for (int k = 0; k < W; k++) lane[k] = k;
  return lane < (int32_t)n ? load_first(p, n) : splat(fill);
}

/// The largest of a row, numbers before NaN.
INLINE float largest(const float *x, int64_t columns) {
  vf best = splat(-__builtin_inff());
  FOR_VECTORS(columns, c, n, { best = larger(load_or(x + c, n, -__builtin_inff()), best); });
  float result = best[0];
  for (int k = 1; k < W; k++) result = best[k] > result ? best[k] : result;
  return result;
}

/// `Σ exp(x − shift)`.
INLINE double sum_of_exponentials(const float *x, int64_t columns, float shift) {
  vd sum = 0;
  FOR_VECTORS(columns, c, n, {
    sum += to_double(exponential(load_or(x + c, n, -__builtin_inff()) - shift));
  });
  return sum_of_doubles(sum);
}

static void softmax(const struct softmax *job, struct range rows) {
  int64_t columns = job->columns;
  for (int64_t r = rows.begin; r < rows.end; r++) {
    const float *x = job->x + r * columns;
    float *y = job->y + r * columns, shift = largest(x, columns);
    vd sum = 0;
    FOR_VECTORS(columns, c, n, {
      vf e = exponential(load_or(x + c, n, -__builtin_inff()) - shift);
      store_up_to(y + c, e, n);
      sum += to_double(e);
    });
    float factor = (float)(1 / sum_of_doubles(sum));
    FOR_VECTORS(columns, c, n, { store_up_to(y + c, load_up_to(y + c, n) * factor, n); });
  }
}

static void log_softmax(const struct softmax *job, struct range rows) {
  int64_t columns = job->columns;
  for (int64_t r = rows.begin; r < rows.end; r++) {
    const float *x = job->x + r * columns;
    float *y = job->y + r * columns, shift = largest(x, columns);
    float logarithm_of_sum = (float)log(sum_of_exponentials(x, columns, shift));
    FOR_VECTORS(columns, c, n, {
      store_up_to(y + c, load_up_to(x + c, n) - shift - logarithm_of_sum, n);
    });
  }
}

static void softmax_gradient(const struct softmax *job, struct range rows) {
  int64_t columns = job->columns;
  for (int64_t r = rows.begin; r < rows.end; r++) {
    const float *y = job->x + r * columns, *dy = job->dy + r * columns;
    float *dx = job->y + r * columns;
    vd sum = 0;
    FOR_VECTORS(columns, c, n, {
      sum += to_double(load_up_to(y + c, n) * load_up_to(dy + c, n));
    });
    float mean = (float)sum_of_doubles(sum);
    FOR_VECTORS(columns, c, n, {
      store_up_to(dx + c, load_up_to(y + c, n) * (load_up_to(dy + c, n) - mean), n);
    });
  }
}

static void log_softmax_gradient(const struct softmax *job, struct range rows) {
  int64_t columns = job->columns;
  for (int64_t r = rows.begin; r < rows.end; r++) {
    const float *y = job->x + r * columns, *dy = job->dy + r * columns;
    float *dx = job->y + r * columns;
    vd sum = 0;
    FOR_VECTORS(columns, c, n, { sum += to_double(load_up_to(dy + c, n)); });
    float total = (float)sum_of_doubles(sum);
    FOR_VECTORS(columns, c, n, {
      vf share = exponential(load_up_to(y + c, n)) * total;
      store_up_to(dx + c, load_up_to(dy + c, n) - share, n);
    });
  }
}

/// `Σ target · (x − shift)` and `Σ target` for targets given as numbers.
INLINE void weigh(
    const float *x, const float *targets, int64_t columns, float shift, vf kept, vf spread,
    double *weighted, double *weight) {
  vd products = 0, sum = 0;
  FOR_VECTORS(columns, c, n, {
    vf target = fused(kept, load_up_to(targets + c, n), spread);
    vf distance = load_or(x + c, n, shift) - shift;
    products += to_double(target == 0 ? splat(0) : target * distance);
    sum += to_double(load_up_to(targets + c, n));
  });
  *weighted = sum_of_doubles(products);
  *weight = (double)kept[0] * sum_of_doubles(sum) + (double)spread[0] * (double)columns;
}

/// The loss of row `r` with an integer label in range.
INLINE double labelled_loss(
    const struct cross_entropy *job, const float *x, int64_t label, float shift) {
  double result = log(sum_of_exponentials(x, job->columns, shift));
  result -= (1 - (double)job->smoothing) * ((double)x[label] - (double)shift);
  if (job->smoothing == 0) return result;
  vd sum = 0;
  FOR_VECTORS(job->columns, c, n, { sum += to_double(load_or(x + c, n, shift) - shift); });
  return result - (double)job->smoothing / (double)job->columns * sum_of_doubles(sum);
}

static void cross_entropy(const struct cross_entropy *job, struct range rows) {
  int64_t columns = job->columns;
  for (int64_t r = rows.begin; r < rows.end; r++) {
    const float *x = job->logits + r * columns;
    float shift = largest(x, columns);
    if (job->targets) {
      double weighted, weight;
      weigh(
          x, job->targets + r * columns, columns, shift, splat(1 - job->smoothing),
          splat(job->smoothing / (float)columns), &weighted, &weight);
      double total = log(sum_of_exponentials(x, columns, shift));
      job->result[r] = (float)(total * weight - weighted);
      continue;
    }
    int64_t label = integer_at(job->labels, job->label_type, r);
    bool inside = label >= 0 && label < columns;
    job->result[r] =
        inside ? (float)labelled_loss(job, x, label, shift) : __builtin_nanf("");
  }
}

/// The gradient of a row with targets given as numbers; computes every exponential anew, so that
/// the result may lie where logits or targets are.
INLINE void dense_row(
    const struct cross_entropy *job, int64_t r, float shift, float inverse, float factor) {
  int64_t columns = job->columns;
  const float *x = job->logits + r * columns, *targets = job->targets + r * columns;
  vf kept = splat(1 - job->smoothing), spread = splat(job->smoothing / (float)columns);
  vd sum = 0;
  FOR_VECTORS(columns, c, n, { sum += to_double(load_up_to(targets + c, n)); });
  float weight = (float)((double)kept[0] * sum_of_doubles(sum) + (double)job->smoothing);
  FOR_VECTORS(columns, c, n, {
    vf share = exponential(load_up_to(x + c, n) - shift) * inverse * weight;
    vf target = fused(kept, load_up_to(targets + c, n), spread);
    store_up_to(job->result + r * columns + c, (share - target) * factor, n);
  });
}

/// The gradient of a row with an integer label; all NaN where that is out of range.
INLINE void labelled_row(
    const struct cross_entropy *job, int64_t r, float shift, float inverse, float factor) {
  int64_t columns = job->columns, label = integer_at(job->labels, job->label_type, r);
  const float *x = job->logits + r * columns;
  float *dx = job->result + r * columns, spread = job->smoothing / (float)columns;
  bool inside = label >= 0 && label < columns;
  if (!inside) factor = __builtin_nanf("");
  float share = inside ? expf(x[label] - shift) * inverse : 0;  // before the row is overwritten
  FOR_VECTORS(columns, c, n, {
    vf e = exponential(load_up_to(x + c, n) - shift) * inverse;
    store_up_to(dx + c, (e - spread) * factor, n);
  });
  if (inside) dx[label] = (share - (1 - job->smoothing + spread)) * factor;
}

static void cross_entropy_gradient(const struct cross_entropy *job, struct range rows) {
  for (int64_t r = rows.begin; r < rows.end; r++) {
    const float *x = job->logits + r * job->columns;
    float shift = largest(x, job->columns);
    float inverse = (float)(1 / sum_of_exponentials(x, job->columns, shift));
    float factor = job->dloss ? job->dloss[r] : 1;
    if (job->targets) {
      dense_row(job, r, shift, inverse, factor);
    } else {
      labelled_row(job, r, shift, inverse, factor);
    }
  }
}
