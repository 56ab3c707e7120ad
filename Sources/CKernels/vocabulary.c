// Rows over the vocabulary: log softmax, entropy, cross-entropy, a draw. Long rows: every reduction keeps sixteen partial
// sums.
#include "lanes.h"

KERNEL(opsd_log_softmax,
       (float *z, int64_t rows, int64_t width, float inverseTemperature),
       (z, rows, width, inverseTemperature)) {
  for (int64_t r = 0; r < rows; r++, z += width) {
    lanes top = splat(-INFINITY);
    int64_t i = 0;
    for (; i + LANES <= width; i += LANES) top = max2(top, load(z + i));
    if (i < width) top = max2(top, load_some(z + i, width - i, -INFINITY));
    float shift = max_lanes(top);
    lanes sum = splat(0);
    for (i = 0; i + LANES <= width; i += LANES) sum += exp_lanes((load(z + i) - shift) * inverseTemperature);
    float total = sum_lanes(sum);
    for (; i < width; i++) total += expf((z[i] - shift) * inverseTemperature);
    float logTotal = logf(total);
    for (i = 0; i < width; i++) z[i] = (z[i] - shift) * inverseTemperature - logTotal;
  }
}

KERNEL(opsd_entropy,
       (const float *lp, float *entropy, int64_t rows, int64_t width),
       (lp, entropy, rows, width)) {
  for (int64_t r = 0; r < rows; r++, lp += width) {
    lanes sum = splat(0);
    int64_t i = 0;
    for (; i + LANES <= width; i += LANES) {
      lanes l = load(lp + i);
      sum += weighted(l, l);
    }
    if (i < width) {
      lanes l = load_some(lp + i, width - i, -INFINITY);
      sum += weighted(l, l);
    }
    entropy[r] = -sum_lanes(sum);
  }
}

KERNEL(opsd_cross_entropy,
       (float *lq, const int32_t *targets, const float *weight, float *loss, int64_t rows, int64_t width,
        float inverseTemperature),
       (lq, targets, weight, loss, rows, width, inverseTemperature)) {
  for (int64_t r = 0; r < rows; r++, lq += width) {
    float scale = weight[r] * inverseTemperature;
    loss[r] = -lq[targets[r]];
    int64_t i = 0;
    for (; i + LANES <= width; i += LANES) store(lq + i, scale * exp_lanes(load(lq + i)));
    if (i < width) store_some(lq + i, scale * exp_lanes(load_some(lq + i, width - i, -87)), width - i);
    lq[targets[r]] -= scale;
  }
}

// Sixteen probabilities at a time, until their sum passes; the sum over the vectors is in double.
KERNEL_RETURNING(int64_t, opsd_draw, (const float *lp, int64_t width, double uniform), (lp, width, uniform)) {
  double before = 0;
  int64_t last = 0;
  for (int64_t i = 0; i < width; i += LANES) {
    lanes l = i + LANES <= width ? load(lp + i) : load_some(lp + i, width - i, -INFINITY);
    lanes p = l > -87.0f ? exp_lanes(l) : splat(0);
    double sum = before + (double)sum_lanes(p);
    if (uniform < sum) {
      for (int64_t j = 0; j < LANES; j++) {
        if (p[j] > 0) last = i + j;
        before += (double)p[j];
        if (uniform < before) return i + j;
      }
      // By the rounding of the vector's sum, its single probabilities do not reach that far: the last that can be drawn.
      return last;
    }
    for (int64_t j = 0; j < LANES; j++)
      if (p[j] > 0) last = i + j;
    before = sum;
  }
  // All together fall short of 1 by rounding.
  return last;
}
