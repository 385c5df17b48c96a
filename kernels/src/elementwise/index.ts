/** Functions of each element, of one operand or several that broadcast. */
export { type BinaryKernel, binary, binaryBackward, type PairGradient, where } from './binary.js';
export { type BroadcastFields, broadcastFields, broadcastShape, type OperandFields, operandFields } from './broadcast.js';
export { CASTS, type CastName } from './casts.js';
export { FUNCTIONS, type FunctionName, type FunctionRow, functionRow, gradientReads, type Parameter } from './functions.js';
export { PAIRS, type PairName, type PairRow, type Scalar } from './pairs.js';
export { casts, functionKernels, type UnaryShape, unary, unaryBackward } from './unary.js';
