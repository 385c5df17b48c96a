/** Safetensors files in memory, and from and to anything that bytes come from and go to. */
export { asFloat32, asFloat64, type NamedNumbers, weightsOf } from './convert.js';
export type { FloatDtype, SafeArray, SafeDtype, SafeTensor, StoredTensor } from './dtypes.js';
export type { TensorInfo } from './header.js';
export { type ByteSource, openSafetensors, readSafetensors, type SafeTensors, SafetensorsReader } from './read.js';
export { streamSafetensors, type TensorPlan, type WriteOptions, writeSafetensors } from './write.js';
