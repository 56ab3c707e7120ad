// Rows over the vocabulary: log softmax, entropy, and the divergences between a teacher and a student with their
// gradients (formulas in Objectives). Long rows: every reduction keeps sixteen partial sums.
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

/// eˡ · x, and 0 where l is below the range of float32: 0 · log 0 counts as 0, whatever x is.
INLINE lanes weighted(lanes l, lanes x) { return l < -87.0f ? splat(0) : exp_lanes(l) * x; }

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
       (float *lq, const int32_t *targets, const float *weight, float *loss, int64_t rows, int64_t width),
       (lq, targets, weight, loss, rows, width)) {
  for (int64_t r = 0; r < rows; r++, lq += width) {
    loss[r] = -lq[targets[r]];
    int64_t i = 0;
    for (; i + LANES <= width; i += LANES) store(lq + i, weight[r] * exp_lanes(load(lq + i)));
    if (i < width) store_some(lq + i, weight[r] * exp_lanes(load_some(lq + i, width - i, -87)), width - i);
    lq[targets[r]] -= weight[r];
  }
}

/// log(β·eᵃ + (1−β)·eᵇ) without underflow: the larger exponent is taken out first.
INLINE lanes log_mixture(lanes a, lanes b, float beta) {
  lanes top = max2(a, b);
  return top + log_lanes(beta * exp_lanes(a - top) + (1.0f - beta) * exp_lanes(b - top));
}

// Loss terms and the unprojected gradient g_v, for which ∂D/∂z_v = scale·(g_v − q_v·Σ_u g_u); see Objectives.
INLINE lanes divergence_terms(int32_t kind, float beta, lanes p, lanes q, lanes *gradient) {
  if (kind == 0) {
    *gradient = -exp_lanes(p);
    return weighted(p, p - q);
  }
  if (kind == 1) {
    *gradient = weighted(q, q - p);
    return *gradient;
  }
  lanes m = log_mixture(p, q, beta);
  *gradient = (1.0f - beta) * weighted(q, q - m);
  return beta * weighted(p, p - m) + *gradient;
}

KERNEL(opsd_divergence,
       (int32_t kind, float beta, const float *lp, float *lq, const float *weight, float *loss, int64_t rows, int64_t
        width, float inverseTemperature),
       (kind, beta, lp, lq, weight, loss, rows, width, inverseTemperature)) {
  for (int64_t r = 0; r < rows; r++, lp += width, lq += width) {
    // First pass: the loss, and the sum of the unprojected gradient (forward KL: exactly −1).
    lanes terms = splat(0), gradients = splat(0), g;
    int64_t i = 0;
    for (; i + LANES <= width; i += LANES) {
      terms += divergence_terms(kind, beta, load(lp + i), load(lq + i), &g);
      gradients += g;
    }
    if (i < width) {
      lanes t = divergence_terms(kind, beta, load_some(lp + i, width - i, -87), load_some(lq + i, width - i, -87), &g);
      for (int64_t j = width - i; j < LANES; j++) t[j] = g[j] = 0;
      terms += t;
      gradients += g;
    }
    loss[r] = sum_lanes(terms);
    float total = kind == 0 ? -1.0f : sum_lanes(gradients);
    float scale = weight[r] * inverseTemperature;
    // Second pass: the gradient takes the place of the student's log-probabilities.
    for (i = 0; i + LANES <= width; i += LANES) {
      lanes q = load(lq + i);
      divergence_terms(kind, beta, load(lp + i), q, &g);
      store(lq + i, scale * (g - exp_lanes(q) * total));
    }
    if (i < width) {
      lanes q = load_some(lq + i, width - i, -87);
      divergence_terms(kind, beta, load_some(lp + i, width - i, -87), q, &g);
      store_some(lq + i, scale * (g - exp_lanes(q) * total), width - i);
    }
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
