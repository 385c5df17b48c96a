import { CoxswainError, type ErrorFacts } from '@coxswain/base';

/** Shapes or dtypes that do not fit the operation. */
export class ShapeError extends CoxswainError {
  override name = 'ShapeError';

  constructor(operation: string, value: string, expected: string) {
    super(`${operation}: got ${value}, expected ${expected}`, { code: 'bad-shape', value, expected, remedy: `pass ${expected}` });
  }
}

/** A number, a name or an object that an operation cannot work with. */
export class ArgumentError extends CoxswainError {
  override name = 'ArgumentError';

  constructor(operation: string, value: string, expected: string) {
    super(`${operation}: got ${value}, expected ${expected}`, { code: 'bad-argument', value, expected, remedy: `pass ${expected}` });
  }
}

/** A gradient that cannot be had, or would be wrong. */
export class GradientError extends CoxswainError {
  override name = 'GradientError';

  constructor(code: 'no-gradient' | 'changed' | 'recorded' | 'no-backward', message: string, facts: Omit<ErrorFacts, 'code'>) {
    super(`${message}; ${facts.remedy}`, { code, ...facts });
  }
}

/** No WebGPU adapter could be had, or it lacks what is needed. */
export class NoAdapterError extends CoxswainError {
  override name = 'NoAdapterError';

  constructor(value: string, remedy: string, options?: ErrorOptions) {
    super(`No usable WebGPU adapter (${value}). ${remedy}`, { code: 'no-adapter', value, expected: 'a WebGPU adapter', remedy }, options);
  }
}

/** The adapter cannot hold what was asked for. */
export class OutOfMemoryError extends CoxswainError {
  override name = 'OutOfMemoryError';

  constructor(value: string, expected: string, remedy = 'use a smaller batch or model, or dispose tensors that are no longer needed') {
    super(`Out of GPU memory: ${value}; ${expected}`, { code: 'out-of-memory', value, expected, remedy });
  }
}

/** The device went away, or was closed; every buffer on it is lost. */
export class DeviceLostError extends CoxswainError {
  override name = 'DeviceLostError';

  constructor(value: string, remedy = 'start the same command again: it goes on from its last checkpoint') {
    super(`The GPU device was lost: ${value}`, { code: 'device-lost', value, expected: 'a working device', remedy });
  }
}

/** A launch that WebGPU refused, or would refuse; the message names the operation. */
export class LaunchError extends CoxswainError {
  override name = 'LaunchError';

  constructor(value: string, remedy = 'this is a bug in a kernel or its caller: report it with the message above') {
    super(`WebGPU refused a launch: ${value}`, { code: 'launch-failed', value, expected: 'a launch that fits its declaration', remedy });
  }
}

/** Something without memory was used: it was freed, or is a temporary of a capture that has ended. */
export class DisposedError extends CoxswainError {
  override name = 'DisposedError';

  constructor(operation: string, value: string) {
    super(`${operation}: ${value} has no memory: it was freed, or is a temporary of a capture that has ended`, {
      code: 'disposed',
      value,
      expected: 'a tensor that is alive',
      remedy: 'keep it in its scope, return it from its capture, or dispose it later',
    });
  }
}

/** Something that cannot be recorded was asked for inside a capture. */
export class CaptureError extends CoxswainError {
  override name = 'CaptureError';

  constructor(value: string) {
    super(`${value} inside a capture`, {
      code: 'bad-capture',
      value,
      expected: 'launches, and host code without effects on the device',
      remedy: 'do it before or after the capture',
    });
  }
}

/** What is known of a number that is not finite besides where it lies. */
export interface NotFiniteFacts {
  /** Ends the sentence: where it comes from, what was read to make it. */
  readonly how?: string;
  /** The operation that wrote it, where it was looked for. */
  readonly operation?: string;
  readonly remedy?: string;
}

/** A value is NaN or infinite where a check was asked for. */
export class NotFiniteError extends CoxswainError {
  override name = 'NotFiniteError';
  /** The operation that wrote it, where it was looked for. */
  readonly operation: string | undefined;
  /** The array and the place in it: `layers.0.weight[5]`. */
  readonly where: string;

  constructor(
    name: string,
    index: number,
    /** NaN or an infinity. */
    readonly number: number,
    { how, operation, remedy }: NotFiniteFacts = {},
  ) {
    super(`${operation ? `${operation}: ` : ''}${name}[${index}] is ${number}${how ? `, ${how}` : ''}`, {
      code: 'not-finite',
      value: `${name}[${index}] = ${number}`,
      expected: 'a finite number',
      remedy: remedy ?? 'lower the learning rate, or look at the metrics before this step',
    });
    this.operation = operation;
    this.where = `${name}[${index}]`;
  }
}

/** A checkpoint that cannot be read, or does not fit what it is loaded into. */
export class CheckpointError extends CoxswainError {
  override name = 'CheckpointError';

  constructor(what: string, value: string, expected: string, remedy: string) {
    super(`${what}: ${value}, expected ${expected}. ${remedy}`, { code: 'bad-checkpoint', value, expected, remedy });
  }
}
