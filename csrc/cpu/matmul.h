// The matrix product for other kernels.
#pragma once

#include "context.h"

namespace pyllm {

// out = a b^T, its elements summed as pyllm_matmul sums those of many rows, however few there are.
int multiply_in_one_order(pyllm_context* context, const pyllm_matrix& a, const pyllm_matrix& b,
                          const pyllm_matrix& out);

}  // namespace pyllm
