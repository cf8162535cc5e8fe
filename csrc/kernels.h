// Every numeric kernel of pyllm, declared once. csrc/cpu/ implements it for CPUs, once for each instruction set; cffi
// reads this same file, so it holds plain C and no preprocessor but integer #defines.
//
// B batch, T time, C channels, H heads, D head size, V vocabulary, N rows (often B*T). Arrays are float32, row-major
// and contiguous unless a struct carries strides. Optional pointers may be null. A function returns 0, or another
// number when it could not do its work: pyllm_error(context) then says why in one sentence.
//
// The callers in pyllm/ops check shapes, types and contiguity; a kernel checks only what it meets in the data itself
// (token ids, targets).

typedef struct pyllm_context pyllm_context;

#define PYLLM_FLOAT32 0
#define PYLLM_FLOAT32_PACKED 1

// A matrix whose rows are `stride` elements apart. type is one of the element types above; one that is packed holds
// what pyllm_pack wrote, and its stride means nothing.
typedef struct {
    void* data;
    int32_t type;
    int64_t rows, columns, stride;
} pyllm_matrix;

// (B, T, H, D) with any strides, in elements, but along D.
typedef struct {
    float* data;
    int64_t batch, positions, heads, head_dim;
    int64_t batch_stride, position_stride, head_stride;
} pyllm_heads;

#define PYLLM_NO_ACTIVATION 0
#define PYLLM_GELU_TANH 1
#define PYLLM_GELU_ERF 2
#define PYLLM_RELU_SQUARED 3

#define PYLLM_FEW_ROWS 64

#define PYLLM_ISA_BASELINE 0
#define PYLLM_ISA_AVX2 1
#define PYLLM_ISA_AVX512 2

// ---------------------------------------------------------------------------------------------------- context

// The widest instruction set above that this processor and its operating system have.
int pyllm_widest_isa(void);

// A context holds the number of threads and the workspace. It serves one calling thread at a time.
int pyllm_context_create(pyllm_context** context);
int pyllm_context_destroy(pyllm_context* context);
int pyllm_context_set_threads(pyllm_context* context, int32_t threads);
const char* pyllm_error(pyllm_context* context);

// A plan: calls of kernels, made again and again on the same arrays, with all the context's threads in one go; what
// changes from run to run is in the arrays. Between begin and end, the calls of decoding (embedding, norms, products
// with a packed b, or of at most PYLLM_FEW_ROWS rows with b transposed, swiglu, rope_forward, attention_decode and
// sample) do nothing but become the plan's next step; no others may be made. The arrays of its calls are the same or do
// not overlap: a thread may be calls ahead of the others with its share of the rows. A plan belongs to the context that
// recorded it.
typedef struct pyllm_plan pyllm_plan;
int pyllm_plan_begin(pyllm_context* context);
int pyllm_plan_end(pyllm_context* context, pyllm_plan** plan);
int pyllm_plan_run(pyllm_context* context, const pyllm_plan* plan);
int pyllm_plan_destroy(pyllm_plan* plan);

// ---------------------------------------------------------------------------------------------------- matmul

// out = activation(op(a) op(b) + bias) + addend, op transposing where the flag is set. op(a) is (M, K), op(b) (K, N).
// bias (N), addend (M, N): optional; without an activation, addend may be out itself, to accumulate. preactivation
// (M, N), contiguous: optional, receives op(a) op(b) + bias. An element of out sums over K in an order that depends on
// K alone, and, with transpose_b, on whether M is at most PYLLM_FEW_ROWS; with b packed it is that of more rows. A
// packed b is transposed, and a is not.
int pyllm_matmul(pyllm_context* context, const pyllm_matrix* a, int32_t transpose_a, const pyllm_matrix* b,
                 int32_t transpose_b, const float* bias, int32_t activation, float* preactivation,
                 const pyllm_matrix* addend, const pyllm_matrix* out);

// Writes b (N, K) to out as pyllm_matmul reads it fastest as its transposed b; and how many floats that takes.
int pyllm_pack(pyllm_context* context, const pyllm_matrix* b, float* out);
int64_t pyllm_packed_size(int64_t rows, int64_t columns);

// dbias (C) += the column sums of dout (N, C).
int pyllm_bias_backward(pyllm_context* context, const pyllm_matrix* dout, float* dbias);

// ---------------------------------------------------------------------------------------------------- norms

// residual_out = residual + x; out = (residual_out - mean) rstd weight + bias; all (N, C). Without residual (null), x
// itself is normalised and residual_out is not written. bias: optional. mean, rstd (N) are for the backward pass.
int pyllm_layernorm_forward(pyllm_context* context, const float* x, const float* residual, const float* weight,
                            const float* bias, float* residual_out, float* out, float* mean, float* rstd, int64_t rows,
                            int64_t columns, float eps);

// dx = dresidual + the gradient of the normalised input x. dresidual (N, C): optional, may be dx itself.
// dweight (C) and dbias (C, optional) are added to.
int pyllm_layernorm_backward(pyllm_context* context, const float* dout, const float* x, const float* weight,
                             const float* mean, const float* rstd, const float* dresidual, float* dx, float* dweight,
                             float* dbias, int64_t rows, int64_t columns);

// residual_out = residual + x; out = residual_out rstd weight. The norm is over D, with one weight (D) for all B, T, H:
// (N, C) comes as (1, N, 1, C), QK-norm's heads as they are. residual, residual_out: optional, contiguous, and only
// with a contiguous x. rstd: (B, T, H), contiguous.
int pyllm_rmsnorm_forward(pyllm_context* context, const pyllm_heads* x, const float* residual, const float* weight,
                          float* residual_out, const pyllm_heads* out, float* rstd, float eps);

// dx = dresidual + the gradient of the normalised input x; dresidual: optional, contiguous, only with a contiguous dx,
// may be dx itself. dx may be dout. dweight (D) is added to.
int pyllm_rmsnorm_backward(pyllm_context* context, const pyllm_heads* dout, const pyllm_heads* x, const float* weight,
                           const float* rstd, const float* dresidual, const pyllm_heads* dx, float* dweight);

// ---------------------------------------------------------------------------------------------------- activations

// out = activation(x), element by element; out may be x.
int pyllm_activation_forward(pyllm_context* context, const float* x, float* out, int64_t count, int32_t activation);

// dx = dout activation'(x); dx may be dout.
int pyllm_activation_backward(pyllm_context* context, const float* x, const float* dout, float* dx, int64_t count,
                              int32_t activation);

// out (N, H) = silu(gate) up, where a row of gate_up (N, 2 H) is gate, then up.
int pyllm_swiglu_forward(pyllm_context* context, const float* gate_up, float* out, int64_t rows, int64_t columns);

// dgate_up (N, 2 H) from dout (N, H); dgate_up may be gate_up.
int pyllm_swiglu_backward(pyllm_context* context, const float* gate_up, const float* dout, float* dgate_up,
                          int64_t rows, int64_t columns);

// out (N, V) = softmax of each row of x, and its gradient; out may be x, dx may be dout.
int pyllm_softmax_forward(pyllm_context* context, const float* x, float* out, int64_t rows, int64_t columns);
int pyllm_softmax_backward(pyllm_context* context, const float* out, const float* dout, float* dx, int64_t rows,
                           int64_t columns);

// ---------------------------------------------------------------------------------------------------- embedding

// out (N, C) = table[token] + position_table[position]. positions and position_table: both or neither. Ids and
// positions outside their tables are an error.
int pyllm_embedding_forward(pyllm_context* context, const int32_t* tokens, const int32_t* positions,
                            const pyllm_matrix* table, const pyllm_matrix* position_table, float* out, int64_t rows);

// dtable[token] += dout, dposition_table[position] += dout. dtable or dposition_table may be null.
int pyllm_embedding_backward(pyllm_context* context, const int32_t* tokens, const int32_t* positions, const float* dout,
                             const pyllm_matrix* dtable, const pyllm_matrix* dposition_table, int64_t rows);

// Rotates each head of x in place by its position (B, T): the pair (a, b) becomes (a cos - b sin, a sin + b cos) with
// cosines and sines (table_rows, D/2). Pairs are (i, i + D/2), or (2i, 2i + 1) when interleaved. The backward pass
// turns the gradient back.
int pyllm_rope_forward(pyllm_context* context, const pyllm_heads* x, const int32_t* positions, const float* cosines,
                       const float* sines, int64_t table_rows, int32_t interleaved);
int pyllm_rope_backward(pyllm_context* context, const pyllm_heads* dx, const int32_t* positions, const float* cosines,
                        const float* sines, int64_t table_rows, int32_t interleaved);

// ---------------------------------------------------------------------------------------------------- attention

// out = softmax(scale q k^T) v, causal: query i of Tq sees keys first[i] ... Tk - Tq + i. first (B, Tq): optional,
// default 0, never decreasing along Tq; it is the start of the query's segment, or of its window. q, out (B, Tq, H, D);
// k, v (B, Tk, G, D) with G dividing H: query head h reads head h / (H / G). logsumexp (B, H, Tq) of the scaled scores.
int pyllm_attention_forward(pyllm_context* context, const pyllm_heads* q, const pyllm_heads* k, const pyllm_heads* v,
                            const int32_t* first, float scale, const pyllm_heads* out, float* logsumexp);

// dq, dk, dv are written (not added to); Tq = Tk.
int pyllm_attention_backward(pyllm_context* context, const pyllm_heads* q, const pyllm_heads* k, const pyllm_heads* v,
                             const pyllm_heads* out, const float* logsumexp, const pyllm_heads* dout,
                             const int32_t* first, float scale, const pyllm_heads* dq, const pyllm_heads* dk,
                             const pyllm_heads* dv);

// New positions, one a query, of rows of the cache, keys and values (R, Tmax, G, D): q, out (B, 1, H, D); k, v (B, 1,
// G, D) are first written to row rows[b] (default: b) at lengths[b] - 1, then query b sees its row's keys first[b]
// (default 0) ... lengths[b] - 1. Several queries may be of one row, at positions of their own.
int pyllm_attention_decode(pyllm_context* context, const pyllm_heads* q, const pyllm_heads* k, const pyllm_heads* v,
                           const pyllm_heads* keys, const pyllm_heads* values, const int32_t* rows,
                           const int32_t* first, const int32_t* lengths, float scale, const pyllm_heads* out);

// ---------------------------------------------------------------------------------------------------- classifier

// With logits z = x weight^T, p = softmax(z), x (N, C), weight (V, C): logprobs (N) = log p[target], entropies (N,
// optional) = H = -sum p log p, logsumexp (N, optional). Rows with target -1 are not computed: they get 0 everywhere.
// The logits exist only a chunk of rows at a time.
int pyllm_classifier_forward(pyllm_context* context, const float* x, const pyllm_matrix* weight, const int32_t* targets,
                             float* logprobs, float* entropies, float* logsumexp, int64_t rows);

// dz_i = dlogprob (1[i = target] - p_i) - dentropy p_i (log p_i + H); dx (N, C) is written, dweight (V, C, optional)
// added to. dlogprobs (N), dentropies (N): optional; entropies (N): needed with dentropies.
int pyllm_classifier_backward(pyllm_context* context, const float* x, const pyllm_matrix* weight,
                              const int32_t* targets, const float* logsumexp, const float* entropies,
                              const float* dlogprobs, const float* dentropies, float* dx, const pyllm_matrix* dweight,
                              int64_t rows);

// Both in one pass over the logits, where dlogprobs is known beforehand: dz_i = dlogprob (1[i = target] - p_i).
int pyllm_classifier_forward_backward(pyllm_context* context, const float* x, const pyllm_matrix* weight,
                                      const int32_t* targets, const float* dlogprobs, float* logprobs, float* dx,
                                      const pyllm_matrix* dweight, int64_t rows);

// ---------------------------------------------------------------------------------------------------- optimizers

// *result = the sum of squares of x.
int pyllm_sum_of_squares(pyllm_context* context, const float* x, int64_t count, double* result);

// AdamW (Loshchilov and Hutter, 2019) on flat arrays. g = scale gradient; m = beta1 m + (1 - beta1) g; v = beta2 v + (1
// - beta2) g^2; p -= lr (m / correction1 / (sqrt(v / correction2) + eps) + weight_decay p); gradient = 0. The ranges
// ascend and do not overlap: begins[i] <= index < ends[i] has weight_decays[i]; what lies between is left alone.
int pyllm_adamw(pyllm_context* context, float* parameters, float* gradients, float* m, float* v, const int64_t* begins,
                const int64_t* ends, const float* weight_decays, int64_t ranges, double lr, double beta1, double beta2,
                double eps, double correction1, double correction2, double scale);

// Muon's momentum (Jordan, 2024): momentum = beta momentum + g with g = scale gradient; out = g + beta momentum
// (Nesterov); gradient = 0.
int pyllm_muon_momentum(pyllm_context* context, float* gradient, float* momentum, float* out, int64_t count, float beta,
                        float scale);

// out = a x + b y, element by element; out may be x or y.
int pyllm_linear_combination(pyllm_context* context, float a, const float* x, float b, const float* y, float* out,
                             int64_t count);

// ---------------------------------------------------------------------------------------------------- sampling

// One id a row of logits (N, V), each row by settings of its own, (N). temperature 0: the greatest logit, the lowest id
// among equals. Otherwise from softmax(logits / temperature) cut to the top_k greatest (0: all), then to the fewest
// whose probabilities reach top_p (1: all). The uniform number of a row is Philox4x32-10 of key `seed` and the row's
// counter (N, 4). logprobs (N): of the id, at temperature 1, without cuts.
int pyllm_sample(pyllm_context* context, const pyllm_matrix* logits, const double* temperatures, const int32_t* top_ks,
                 const double* top_ps, const uint64_t* seeds, const uint32_t* counters, int32_t* ids, float* logprobs);
