/** PyTorch's vectors of `kernels/golden/make_movement.py`, in both families. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Golden, readGolden } from '../../../../kernels/src/testing/golden.js';
import { relativeError } from '../../../../kernels/src/testing/harness.js';
import { backward } from '../autograd.js';
import type { Device } from '../device.js';
import { requestDevice } from '../node.js';
import type { Tensor } from '../tensor.js';
import {
  argmax,
  argmin,
  expand,
  flip,
  indexSelect,
  logSumExp,
  max,
  min,
  pad,
  permute,
  repeat,
  scatterAdd,
  sort,
  standardDeviation,
  stridedSlice,
  takeAlongAxis,
  tile,
  topK,
  transpose,
  variance,
} from './index.js';

type Case = (x: Tensor, index: Tensor, more: (name: string) => Tensor) => Tensor;

const AXES = [0, 1, 2];
const along = (name: string, reduce: (x: Tensor, axis: number) => Tensor): Record<string, Case> =>
  Object.fromEntries(AXES.map((axis) => [`${name}${axis}`, (x: Tensor) => reduce(x, axis)]));

const CASES: Record<string, Record<string, Case>> = {
  movement: {
    permute: (x) => permute(x, [2, 0, 1]),
    transpose: (x) => transpose(x),
    permute6: (x) => permute(x, [5, 3, 1, 4, 2, 0]),
    flip: (x) => flip(x, 0, 2),
    steps: (x) => stridedSlice(x, 1, 1, 4, 2),
    tile: (x) => tile(x, [2, 1, 3]),
    repeat: (x) => repeat(x, [3, 1]),
    pad: (x) =>
      pad(
        x,
        [
          [-1, 3],
          [2, 1],
        ],
        1.5,
      ),
    expand: (x) => expand(x, [3, 4, 5]),
  },
  places: {
    take: (x, index) => takeAlongAxis(x, index, 1),
    gather: (x, index) => takeAlongAxis(x, index, 1),
    select0: (x, index) => indexSelect(x, index),
    select2: (x, index) => indexSelect(x, index, 2),
    add: (x, index, more) => scatterAdd(more('base'), index, x),
  },
  reductions: {
    ...along('max', max),
    ...along('min', min),
    ...along('variance', (x, axis) => variance(x, axis)),
    ...along('deviation', (x, axis) => standardDeviation(x, axis, 0)),
    ...along('logSumExp', logSumExp),
    varianceAll: (x) => variance(x, undefined, 0),
  },
  sorts: {
    sort0: (x) => sort(x, 0).values,
    sort0Falling: (x) => sort(x, 0, true).values,
    sort1: (x) => sort(x).values,
    sort1Falling: (x) => sort(x, 1, true).values,
    top: (x) => topK(x, 5).values,
    least: (x) => topK(x, 3, 0, true).values,
  },
};

describe.each(['software', 'gpu'] as const)('%s', (family) => {
  let device: Device;
  beforeAll(async () => {
    device = await requestDevice({ family });
  });
  afterAll(() => {
    expect(device.live).toBe(0);
    device.close();
  });

  const upload = ({ data, shape }: Golden): Tensor =>
    data instanceof Int32Array ? device.tensor(Uint32Array.from(data), shape) : device.tensor(Float32Array.from(data), shape);

  for (const [file, cases] of Object.entries(CASES)) {
    const golden = readGolden(`more/${file}`);
    test.each(Object.entries(cases))(`${file}: %s`, async (name, run) => {
      using _scope = device.scope();
      const of = (what: string): Golden => golden[`${name}.${what}`];
      const x = upload(of('x')).requireGradient();
      const index = of('index') ? upload(of('index')) : device.dummy;
      const out = run(x, index, (what) => upload(of(what)));
      expect(out.shape).toEqual(of('y').shape);
      expect(relativeError(await out.read(), of('y').data)).toBeLessThanOrEqual(1e-6);
      backward(out, upload(of('dy')).reshape(out.shape));
      expect(relativeError(await (x.gradient as Tensor).read(), of('dx').data)).toBeLessThanOrEqual(5e-6);
    });
  }

  test('places of extremes and of sorted elements, NaN and infinities among them', async () => {
    using _scope = device.scope();
    const reductions = readGolden('more/reductions');
    const sorts = readGolden('more/sorts');
    const places = async (index: Tensor): Promise<number[]> => Array.from((await device.read([index]))[0]);
    for (const axis of AXES) {
      const x = upload(reductions[`places${axis}.x`]);
      expect(await places(argmax(x, axis))).toEqual(Array.from(reductions[`places${axis}.max`].data));
      expect(await places(argmin(x, axis))).toEqual(Array.from(reductions[`places${axis}.min`].data));
    }
    for (const [name, falling] of [
      ['special', false],
      ['specialFalling', true],
    ] as const)
      expect(await places(sort(upload(sorts[`${name}.x`]), 1, falling).indices)).toEqual(Array.from(sorts[`${name}.index`].data));
    const top = topK(upload(sorts['top.x']), 5);
    expect(await places(top.indices)).toEqual(Array.from(sorts['top.index'].data));
  });
});
