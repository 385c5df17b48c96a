import type { Input } from '../case.js';
import type { OnnxCase } from './onnx.js';
import { MICROSOFT } from './onnx-model.js';

interface Sizes {
  readonly batch: number;
  readonly queries: number;
  readonly heads: number;
  readonly headDim: number;
  readonly causal: boolean;
}

/**
 * The library's own attention, of heads that each have keys; heads lie side by side in a row, as they do in the bench.
 */
export function onnxFusedAttention({ batch, queries, heads, headDim, causal }: Sizes): OnnxCase {
  const width = heads * headDim;
  const sideBySide = ({ shape: [count, time], data }: Input): Input => ({ shape: [count, time, width], data });
  return {
    pack: ({ q, k, v }) => ({ q: sideBySide(q), k: sideBySide(k), v: sideBySide(v) }),
    nodes: [
      {
        operator: 'MultiHeadAttention',
        domain: MICROSOFT,
        inputs: ['q', 'k', 'v'],
        output: 'y',
        attributes: { num_heads: heads, unidirectional: Number(causal) },
      },
    ],
    shape: [batch, queries, width],
  };
}
