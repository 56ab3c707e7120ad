// Products and row kernels in C, compiled once for each of three x86-64 levels; levels.c chooses at run time.
//
// Why C: Swift compiles for the baseline processor (four lanes, no fused multiply-add) and cannot yet choose at run
// time. Every kernel here has a naive Double twin in the tests.
//
// Conventions. Matrices are row-major float32. Nothing aliases unless the comment says so. Gradients of parameters
// accumulate (+=); gradients of activations are assigned (=) unless the comment says otherwise. No kernel allocates.
// Every result is a function of its row alone: the same row gives the same bits whatever rows stand beside it.
#pragma once
#include <stdint.h>

#if defined(__cplusplus)
extern "C" {
#endif

// --- Products ---------------------------------------------------------------------------------------------------
// Panels: a matrix in pieces of sixteen columns, (panel, depth, column); `panelStride` numbers from panel to panel. Tiles:
// the same with pieces of eight. A piece that a matrix does not fill is filled up with zeros.

/// The x86-64 level whose machine code runs: 4, 3 or 1; 0 on other processors.
extern int32_t opsd_level;

/// c (+)= a · b. a: rows × depth, `aRow` from row to row. b: panels, or anything in which the vector of sixteen columns
/// of panel p at depth k begins at p · bPanel + k · bStep. c: row r, panel p begins at r · cRow + p · cPanel, and
/// `columns` are written. Adds to c where `adds` is not 0.
void opsd_product(const float *a, int64_t aRow, const float *b, int64_t bPanel, int64_t bStep, float *c, int64_t cRow,
                  int64_t cPanel, int64_t rows, int64_t columns, int64_t depth, int32_t adds);
/// The same bits for a few rows, fastest where b comes from memory rather than from a cache: panels of consecutive steps,
/// c's panels beside each other.
void opsd_product_streaming(const float *a, int64_t aRow, const float *b, int64_t bPanel, float *c, int64_t cRow,
                            int64_t rows, int64_t columns, int64_t depth, int32_t adds);
/// The same as `opsd_product` with a in tiles of eight rows, `aTile` from tile to tile.
void opsd_product_packed(const float *a, int64_t aTile, const float *b, int64_t bPanel, int64_t bStep, float *c,
                         int64_t cRow, int64_t cPanel, int64_t rows, int64_t columns, int64_t depth, int32_t adds);

/// `count` products of one shape, each a, b and c so many numbers after the one before; a as it lies, b in panels.
void opsd_small_products(int64_t count, const float *a, int64_t aRow, int64_t aNext, const float *b, int64_t bPanel,
                         int64_t bNext, float *c, int64_t cRow, int64_t cNext, int64_t rows, int64_t columns,
                         int64_t depth);

/// Panels whose columns are the rows of b: rows × depth, `stride` from row to row.
void opsd_panels_of_rows(const float *b, int64_t stride, int64_t rows, int64_t depth, float *panels,
                         int64_t panelStride);
/// The way back.
void opsd_rows_of_panels(const float *panels, int64_t panelStride, int64_t rows, int64_t depth, float *b,
                         int64_t stride);
/// Panels whose columns are the columns of b: depth × columns.
void opsd_panels_of_columns(const float *b, int64_t stride, int64_t columns, int64_t depth, float *panels,
                            int64_t panelStride);
/// Tiles whose rows are the columns of a: depth × columns.
void opsd_tiles_of_columns(const float *a, int64_t stride, int64_t columns, int64_t depth, float *tiles,
                           int64_t tileStride);

/// b = aᵀ; a: rows × columns.
void opsd_transpose(const float *a, int64_t aStride, int64_t rows, int64_t columns, float *b, int64_t bStride);

// --- Normalisation ---------------------------------------------------------------------------------------------

/// RMSNorm: y = x · s · w with s = 1/√(mean(x²) + epsilon); x, y: rows × width, scale: rows. y may be x.
void opsd_rms_norm(const float *x, const float *w, float *y, float *scale, int64_t rows, int64_t width, float epsilon);

/// Backward of RMSNorm. dx (assigned, or added to where `accumulate`): rows × width; dw: width (accumulates).
/// x is the input of the forward pass, scale its saved s. dx may be dy.
void opsd_rms_norm_backward(const float *dy, const float *x, const float *w, const float *scale, float *dx, float *dw,
                            int64_t rows, int64_t width, int32_t accumulate);

// --- Heads: normalisation and rotary embedding ------------------------------------------------------------------

/// For each row: RMSNorm over each head, then rotation of its halves by position · base^(−2i/width).
/// x: rows × stride, the heads at its front; y: rows × heads × width; scale: rows × heads; tables: position × width/2.
void opsd_norm_rotate(const float *x, int64_t stride, const float *w, const float *cosines, const float *sines,
                      const int32_t *positions, float *y, float *scale, int64_t rows, int64_t heads, int64_t width,
                      float epsilon);

/// Backward of `opsd_norm_rotate`: dy: rows × heads × width; dx: rows × stride (its front, assigned); dw: width (+=).
void opsd_norm_rotate_backward(const float *dy, const float *x, int64_t stride, const float *w, const float *cosines,
                               const float *sines, const int32_t *positions, const float *scale, float *dx, float *dw,
                               int64_t rows, int64_t heads, int64_t width);

// --- Attention --------------------------------------------------------------------------------------------------

// Rows of scores lie `stride` apart, a multiple of 16, and are written up to the next multiple of 16.

/// In place: scores → probabilities of causal attention. scores: rows × stride; row r sees columns 0...first + r, the
/// rest of its `columns` become 0. logSum[r · step] = log Σ exp(scale · score).
void opsd_causal_softmax(float *scores, int64_t stride, int64_t rows, int64_t columns, int64_t first, float scale,
                         float *logSum, int64_t step);

/// The same of rows that see all columns.
void opsd_softmax_rows(float *scores, int64_t stride, int64_t rows, int64_t columns, float scale);

/// In place: scores → the same probabilities again, from the saved logSum.
void opsd_causal_probabilities(float *scores, int64_t stride, int64_t rows, int64_t columns, int64_t first,
                               float scale, const float *logSum, int64_t step);

/// In place: dP → dS = scale · P · (dP − Σ_j P_j dP_j); both rows × stride.
void opsd_softmax_backward(const float *probabilities, float *gradient, int64_t stride, int64_t rows, int64_t columns,
                           float scale);

/// Attention of one token over a cache. q, out: keyValueHeads × group × width. By key-value head, keys: panels of tokens
/// (token / 16, width, token % 16); values: panels of numbers (width / 16, capacity, width % 16); sees `count` tokens.
/// scratch: 2 × group × capacity. capacity is a multiple of 16.
void opsd_attend(const float *q, const float *keys, const float *values, float *out, float *scratch,
                 int64_t keyValueHeads, int64_t group, int64_t width, int64_t count, int64_t capacity, float scale);

/// Writes one token's keys and values, keyValueHeads × width each, where `opsd_attend` reads them.
void opsd_remember(const float *key, const float *value, float *keys, float *values, int64_t keyValueHeads,
                   int64_t width, int64_t position, int64_t capacity);

// --- Feed-forward -----------------------------------------------------------------------------------------------

/// SwiGLU: h = silu(g) · u; gu: rows × 2·width (g, then u); h: rows × width.
void opsd_swiglu(const float *gu, float *h, int64_t rows, int64_t width);

/// Backward of SwiGLU: dgu (assigned) from dh and the saved gu. dgu may be gu.
void opsd_swiglu_backward(const float *dh, const float *gu, float *dgu, int64_t rows, int64_t width);

// --- Vocabulary rows --------------------------------------------------------------------------------------------

/// In place: logits → log-probabilities, log softmax(z / temperature); z: rows × width.
void opsd_log_softmax(float *z, int64_t rows, int64_t width, float inverseTemperature);

/// The token at which the cumulated probability passes `uniform` (0 ≤ uniform < 1), among those that have any; 0 if none.
int64_t opsd_draw(const float *lp, int64_t width, double uniform);

/// The divergences; `beta` of the calls below is the teacher's weight in the mixture of a JSD, alpha of the skew ones.
enum opsd_divergence_kind {
  OPSD_FORWARD_KL,
  OPSD_REVERSE_KL,
  OPSD_JSD,
  OPSD_TOTAL_VARIATION,
  OPSD_SKEW_KL,
  OPSD_SKEW_REVERSE_KL
};

/// Divergence of a teacher p and a student q over the vocabulary, and its gradient by the student's logits.
/// In: lp, lq: rows × width log-probabilities; weight: rows. Out: loss: rows (unweighted, nats);
/// lq ← weight · inverseTemperature · ∂D/∂(z/T).
void opsd_divergence(int32_t kind, float beta, const float *lp, float *lq, const float *weight, float *loss,
                     int64_t rows, int64_t width, float inverseTemperature);

/// What `opsd_limited_divergence` says of each row. clipped: the share of the summands that were cut off; kept: the
/// teacher's mass at the others; outside: c, where the gradient by the logit of a token that is not in the row is c · q.
typedef struct {
  float *loss, *clipped, *kept, *outside;
} opsd_limited_results;

/// The same with every summand cut off at `limit`, and then their sum at `rowLimit`; what is cut off has no gradient. The
/// rows need not hold a whole distribution.
void opsd_limited_divergence(int32_t kind, float beta, float limit, float rowLimit, const float *lp, float *lq,
                             const float *weight, opsd_limited_results out, int64_t rows, int64_t width,
                             float inverseTemperature);

/// Operations of a tape; see `opsd_run_tape`. The first ones go entry by entry.
enum opsd_operation {
  OPSD_ADD,
  OPSD_SUBTRACT,
  OPSD_MULTIPLY,
  OPSD_DIVIDE,
  OPSD_MINIMUM,
  OPSD_MAXIMUM,
  OPSD_GREATER,
  OPSD_NEGATE,
  OPSD_LOG,
  OPSD_EXP,
  OPSD_ABS,
  OPSD_SQUARE_ROOT,
  OPSD_POWER,
  OPSD_FILL,
  OPSD_BROADCAST,
  OPSD_SUM,
  OPSD_LARGEST
};

/// On the way back: which operands take part, and which of them for the first time, so that nothing is there to add to.
enum opsd_back { OPSD_TO_A = 1, OPSD_TO_B = 2, OPSD_FIRST_A = 4, OPSD_FIRST_B = 8 };

/// One operation: out = a op b. Places are those of vectors, or of single numbers where `isNumber`.
typedef struct {
  int32_t op, isNumber, a, b, out, flags;
  float constant;
} opsd_instruction;

/// Lists of a stage: its vectors; all vectors that its sums need, of the stages before it too; its sums; the numbers made
/// of them; the way back of these numbers, and of the sums and all those vectors.
enum { OPSD_LISTS = 6 };

/// A formula: `bounds` begins with the end of the constants and goes on with the ends of the lists of each stage.
/// p, q, logP, logQ: the vectors that hold them, or −1. result, over, kept: numbers; over may be −1.
typedef struct {
  const opsd_instruction *code;
  const int32_t *bounds;
  int32_t stages, vectors, numbers, p, q, logP, logQ, result, over, kept;
} opsd_tape;

/// How many numbers a tile holds: so few that the vectors of a formula stay in the cache, or one row of up to 4,096.
int64_t opsd_tile_size(int64_t width);

/// As `opsd_limited_divergence`, with a formula in the place of the kind. scratch: with the size of a tile,
/// 2 · vectors · (size + 32) + 2 · numbers · (size + 16) + max(width, size) + 16 numbers.
void opsd_run_tape(const opsd_tape *tape, float rowLimit, const float *lp, float *lq, const float *weight,
                   opsd_limited_results out, float *scratch, int64_t rows, int64_t width, float inverseTemperature);

/// Five numbers of each row, in nats: entropy of p, entropy of q, KL(p‖q), KL(q‖p), JSD at ½. out: rows × 5.
void opsd_compare(const float *lp, const float *lq, float *out, int64_t rows, int64_t width);

/// The `count` largest of each row, by their number; of equal ones those with smaller numbers. ids: rows × count.
void opsd_top(const float *l, int32_t *ids, int64_t rows, int64_t width, int64_t count);

/// What becomes of the probabilities of chosen tokens: they stay; they are divided by their sum; they stay and what is
/// left of 1 is one more token.
enum opsd_normalisation { OPSD_FULL, OPSD_RENORMALISED, OPSD_TAIL };

/// The log-probabilities of chosen tokens. taken: rows × count, or count + 1 with the tail; mass: rows, their probability.
void opsd_take(const float *l, const int32_t *ids, float *taken, float *mass, int64_t rows, int64_t width,
               int64_t count, int32_t normalisation);

/// The way back of a gradient: lq ← factor · e^(lq − shift), and at the chosen tokens the first `count` of `stride`.
void opsd_spread(float *lq, const int32_t *ids, const float *taken, int64_t stride, const float *factor,
                 const float *shift, int64_t rows, int64_t width, int64_t count);

/// Cross-entropy of rows of log-probabilities with one target each, and its gradient by the logits.
/// Out: loss: rows (unweighted, nats); lq ← weight · inverseTemperature · (q − 1[target]).
void opsd_cross_entropy(float *lq, const int32_t *targets, const float *weight, float *loss, int64_t rows,
                        int64_t width, float inverseTemperature);

/// Entropy in nats of rows of log-probabilities.
void opsd_entropy(const float *lp, float *entropy, int64_t rows, int64_t width);

// --- Vectors ----------------------------------------------------------------------------------------------------

/// y[i] = x[i · stride].
void opsd_gather(const float *x, int64_t stride, int64_t count, float *y);
/// y[i · stride] += x[i].
void opsd_scatter(const float *x, int64_t stride, int64_t count, float *y);
/// y += x.
void opsd_add(const float *x, float *y, int64_t count);
/// x *= factor.
void opsd_multiply(float *x, float factor, int64_t count);
/// y += share · (x − y).
void opsd_blend(const float *x, float *y, float share, int64_t count);
/// Σ x², in double.
double opsd_sum_of_squares(const float *x, int64_t count);
/// One step of AdamW (Loshchilov and Hutter, 2019), as PyTorch computes it; g is scaled by gradientScale first.
/// decay: 1 − rate · weight decay; stepSize: rate / (1 − β₁ᵗ); inverseRoot: 1/√(1 − β₂ᵗ).
void opsd_adamw(float *w, const float *g, float *m, float *v, int64_t count, float gradientScale, float decay,
                float stepSize, float inverseRoot, float beta1, float beta2, float epsilon);

/// A hint to the processor that the caller spins.
static inline void opsd_relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  __asm__ volatile("yield");
#endif
}

#if defined(__cplusplus)
}
#endif
