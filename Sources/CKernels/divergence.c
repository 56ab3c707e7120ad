// Divergences between a teacher p and a student q over the vocabulary, with their gradients by the student's logits; the
// formulas stand in Objectives. Each kind is compiled on its own, so that its loop holds nothing of the others.
#include "lanes.h"

/// log(β·eᵃ + (1−β)·eᵇ) without underflow: the larger exponent is taken out first, so that one exponential is left.
INLINE lanes log_mixture(lanes a, lanes b, float beta) {
  ilanes aIsLarger = a > b;
  lanes larger = aIsLarger ? splat(beta) : splat(1.0f - beta);
  return max2(a, b) + log_lanes(larger + (1.0f - larger) * exp_lanes(-__builtin_elementwise_abs(a - b)));
}

/// A summand l_v and g_v = q_v ∂l_v/∂q_v. Not `exact`: g_v may lack a constant multiple of q_v, which falls out where all
/// of the vocabulary is summed.
INLINE lanes summand(const int32_t kind, const int32_t exact, float beta, lanes p, lanes q, lanes *gradient) {
  switch (kind) {
    case OPSD_FORWARD_KL:
      *gradient = -exp_lanes(p);
      return weighted(p, p - q);
    case OPSD_REVERSE_KL: {
      lanes term = weighted(q, q - p);
      *gradient = exact ? weighted(q, q - p + 1.0f) : term;
      return term;
    }
    case OPSD_JSD: {
      lanes m = log_mixture(p, q, beta);
      *gradient = (1.0f - beta) * weighted(q, q - m);
      return beta * weighted(p, p - m) + *gradient;
    }
    case OPSD_TOTAL_VARIATION: {
      lanes more = exp_lanes(q), difference = more - exp_lanes(p);
      *gradient = 0.5f * (difference > 0.0f ? more : difference < 0.0f ? -more : splat(0));
      return 0.5f * __builtin_elementwise_abs(difference);
    }
    case OPSD_SKEW_KL: {
      lanes m = log_mixture(p, q, beta);
      *gradient = (beta - 1.0f) * weighted(p, exp_lanes(q - m));
      return weighted(p, p - m);
    }
    default: {
      lanes m = log_mixture(q, p, beta);
      *gradient = weighted(q, q - m - beta * exp_lanes(q - m) + (exact ? 1.0f : 0.0f));
      return weighted(q, q - m);
    }
  }
}

INLINE void divergence_rows(const int32_t kind, float beta, const float *lp, float *lq, const float *weight, float *loss,
                            int64_t rows, int64_t width, float inverseTemperature) {
  for (int64_t r = 0; r < rows; r++, lp += width, lq += width) {
    // First pass: the loss, and the sum of the unprojected gradient (forward KL: exactly −1).
    lanes terms = splat(0), gradients = splat(0), g;
    int64_t i = 0;
    for (; i + LANES <= width; i += LANES) {
      terms += summand(kind, 0, beta, load(lp + i), load(lq + i), &g);
      gradients += g;
    }
    if (i < width) {
      int64_t rest = width - i;
      lanes t = summand(kind, 0, beta, load_some(lp + i, rest, -87), load_some(lq + i, rest, -87), &g);
      terms += first_of(t, rest, 0);
      gradients += first_of(g, rest, 0);
    }
    loss[r] = sum_lanes(terms);
    float total = kind == OPSD_FORWARD_KL ? -1.0f : sum_lanes(gradients);
    float scale = weight[r] * inverseTemperature;
    // Second pass: the gradient takes the place of the student's log-probabilities.
    for (i = 0; i + LANES <= width; i += LANES) {
      lanes q = load(lq + i);
      summand(kind, 0, beta, load(lp + i), q, &g);
      store(lq + i, scale * (g - exp_lanes(q) * total));
    }
    if (i < width) {
      int64_t rest = width - i;
      lanes q = load_some(lq + i, rest, -87);
      summand(kind, 0, beta, load_some(lp + i, rest, -87), q, &g);
      store_some(lq + i, scale * (g - exp_lanes(q) * total), rest);
    }
  }
}

// One call with each kind as a constant.
#define EACH_KIND(rows_of, ...)                                        \
  switch (kind) {                                                      \
    case OPSD_FORWARD_KL: rows_of(OPSD_FORWARD_KL, __VA_ARGS__); break; \
    case OPSD_REVERSE_KL: rows_of(OPSD_REVERSE_KL, __VA_ARGS__); break; \
    case OPSD_JSD: rows_of(OPSD_JSD, __VA_ARGS__); break;               \
    case OPSD_TOTAL_VARIATION: rows_of(OPSD_TOTAL_VARIATION, __VA_ARGS__); break; \
    case OPSD_SKEW_KL: rows_of(OPSD_SKEW_KL, __VA_ARGS__); break;       \
    default: rows_of(OPSD_SKEW_REVERSE_KL, __VA_ARGS__); break;         \
  }

KERNEL(opsd_divergence,
       (int32_t kind, float beta, const float *lp, float *lq, const float *weight, float *loss, int64_t rows, int64_t
        width, float inverseTemperature),
       (kind, beta, lp, lq, weight, loss, rows, width, inverseTemperature)) {
  EACH_KIND(divergence_rows, beta, lp, lq, weight, loss, rows, width, inverseTemperature)
}

/// What the first pass over a limited row has summed.
typedef struct {
  lanes terms, gradients, over, kept;
} limited_sums;

INLINE lanes limited_summand(const int32_t kind, float beta, float limit, lanes p, lanes q, lanes *gradient,
                             ilanes *isOver) {
  lanes term = summand(kind, 1, beta, p, q, gradient);
  *isOver = term > limit;
  *gradient = *isOver ? splat(0) : *gradient;
  return *isOver ? splat(limit) : term;
}

INLINE void sum_limited(const int32_t kind, float beta, float limit, lanes p, lanes q, int64_t count,
                        limited_sums *sums) {
  lanes g;
  ilanes isOver;
  lanes term = limited_summand(kind, beta, limit, p, q, &g, &isOver);
  sums->terms += first_of(term, count, 0);
  sums->gradients += first_of(g, count, 0);
  sums->over += first_of(isOver ? splat(1) : splat(0), count, 0);
  sums->kept += first_of(isOver ? splat(0) : weighted(p, splat(1)), count, 0);
}

INLINE void limited_rows(const int32_t kind, float beta, float limit, float rowLimit, const float *lp, float *lq,
                         const float *weight, opsd_limited_results out, int64_t rows, int64_t width,
                         float inverseTemperature) {
  for (int64_t r = 0; r < rows; r++, lp += width, lq += width) {
    limited_sums sums = {splat(0), splat(0), splat(0), splat(0)};
    int64_t i = 0;
    for (; i + LANES <= width; i += LANES) sum_limited(kind, beta, limit, load(lp + i), load(lq + i), LANES, &sums);
    if (i < width) {
      int64_t rest = width - i;
      sum_limited(kind, beta, limit, load_some(lp + i, rest, -87), load_some(lq + i, rest, -87), rest, &sums);
    }
    float value = sum_lanes(sums.terms);
    int isCut = value > rowLimit;
    float total = sum_lanes(sums.gradients), scale = isCut ? 0 : weight[r] * inverseTemperature;
    out.loss[r] = isCut ? rowLimit : value;
    out.clipped[r] = isCut ? 1 : sum_lanes(sums.over) / (float)width;
    out.kept[r] = isCut ? 0 : sum_lanes(sums.kept);
    out.outside[r] = -scale * total;
    lanes g;
    ilanes isOver;
    for (i = 0; i < width; i += LANES) {
      int64_t rest = width - i;
      lanes q = rest < LANES ? load_some(lq + i, rest, -87) : load(lq + i);
      lanes p = rest < LANES ? load_some(lp + i, rest, -87) : load(lp + i);
      limited_summand(kind, beta, limit, p, q, &g, &isOver);
      lanes gradient = isCut ? splat(0) : scale * (g - exp_lanes(q) * total);
      if (rest < LANES) store_some(lq + i, gradient, rest);
      else store(lq + i, gradient);
    }
  }
}

KERNEL(opsd_limited_divergence,
       (int32_t kind, float beta, float limit, float rowLimit, const float *lp, float *lq, const float *weight,
        opsd_limited_results out, int64_t rows, int64_t width, float inverseTemperature),
       (kind, beta, limit, rowLimit, lp, lq, weight, out, rows, width, inverseTemperature)) {
  EACH_KIND(limited_rows, beta, limit, rowLimit, lp, lq, weight, out, rows, width, inverseTemperature)
}

KERNEL(opsd_compare, (const float *lp, const float *lq, float *out, int64_t rows, int64_t width),
       (lp, lq, out, rows, width)) {
  for (int64_t r = 0; r < rows; r++, lp += width, lq += width, out += 5) {
    lanes sums[5] = {splat(0), splat(0), splat(0), splat(0), splat(0)};
    for (int64_t i = 0; i < width; i += LANES) {
      int64_t rest = width - i;
      lanes p = rest < LANES ? load_some(lp + i, rest, -INFINITY) : load(lp + i);
      lanes q = rest < LANES ? load_some(lq + i, rest, -INFINITY) : load(lq + i);
      lanes m = log_mixture(p, q, 0.5f);
      sums[0] -= weighted(p, p);
      sums[1] -= weighted(q, q);
      sums[2] += weighted(p, p - q);
      sums[3] += weighted(q, q - p);
      sums[4] += 0.5f * (weighted(p, p - m) + weighted(q, q - m));
    }
    for (int j = 0; j < 5; j++) out[j] = sum_lanes(sums[j]);
  }
}
