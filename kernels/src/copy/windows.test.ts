import { expect, test } from 'vitest';
import { poison, randomNormal, runKernel } from '../testing/harness.js';
import { copyBeside, copyWindow, gatherManyRows, scatterManyRows } from './index.js';

const families = ['software', 'gpu'] as const;
const dummy = new Float32Array(4);

test.each(families)('a window onto the middle, and past every edge (%s)', async (family) => {
  const [outer, xTime, xWidth] = [3, 5, 9];
  const x = randomNormal(outer * xTime * xWidth, 1);
  for (const window of [
    { time: 3, width: 4, shiftTime: 1, shiftWidth: 2 },
    { time: 8, width: 13, shiftTime: -2, shiftWidth: -3 },
    { time: 70, width: 1, shiftTime: 4, shiftWidth: 8 },
  ]) {
    const { time, width, shiftTime, shiftWidth } = window;
    const { out } = await runKernel(copyWindow, { outer, xTime, xWidth, ...window }, { x, out: poison(outer * time * width) }, { family });
    const right = Float32Array.from({ length: out.length }, (_, i) => {
      const [row, j] = [Math.floor(i / width), (i % width) + shiftWidth];
      const t = (row % time) + shiftTime;
      const inside = t >= 0 && t < xTime && j >= 0 && j < xWidth;
      return inside ? x[(Math.floor(row / time) * xTime + t) * xWidth + j] : 0;
    });
    expect(out).toEqual(right);
  }
});

test.each(families)('two tensors beside each other, the second one step behind, some of whose steps are left out (%s)', async (family) => {
  const shape = { outer: 7, time: 4, xTime: 5, xWidth: 3, hTime: 6, hWidth: 11 };
  const { outer, time, xTime, xWidth, hTime, hWidth } = shape;
  const [x, h] = [randomNormal(outer * xTime * xWidth, 1), randomNormal(outer * hTime * hWidth, 2)];
  for (const lag of [0, 1, 2]) {
    const { out } = await runKernel(copyBeside, { ...shape, lag }, { x, h, out: poison(outer * time * (xWidth + hWidth)) }, { family });
    const right = Float32Array.from({ length: out.length }, (_, i) => {
      const [row, j] = [Math.floor(i / (xWidth + hWidth)), i % (xWidth + hWidth)];
      const [batch, t] = [Math.floor(row / time), row % time];
      if (j < xWidth) return x[(batch * xTime + t) * xWidth + j];
      return t < lag ? 0 : h[(batch * hTime + t - lag) * hWidth + j - xWidth];
    });
    expect(out).toEqual(right);
  }
});

test.each(families)('rows of one, two and three tensors, gathered and put back (%s)', async (family) => {
  const [indexed, widths] = [10, [5, 1, 70]];
  const index = Uint32Array.of(4, 0, 0xffffffff, 9, 10, 2);
  const whole = widths.map((width, i) => randomNormal(indexed * width, i + 1));
  for (const count of [1, 2, 3]) {
    const columns = widths.map((width, i) => (i < count ? width : 0));
    const shape = { rows: index.length, columns0: columns[0], columns1: columns[1], columns2: columns[2], indexed };
    const [x0, x1, x2] = whole.map((x, i) => (i < count ? x : dummy));
    const [out0, out1, out2] = columns.map((width) => poison(Math.max(4, index.length * width)));
    const got = await runKernel(gatherManyRows, shape, { index, x0, x1, x2, out0, out1, out2 }, { family });
    columns.forEach((width, i) => {
      if (!width) return;
      const right = Float32Array.from({ length: index.length * width }, (_, at) => {
        const row = index[Math.floor(at / width)];
        return row < indexed ? whole[i][row * width + (at % width)] : 0;
      });
      expect(got[`out${i}`]).toEqual(right);
    });
    const moved = columns.map((width, i) => (width ? randomNormal(index.length * width, i + 9) : dummy));
    const back = { index, x0: moved[0], x1: moved[1], x2: moved[2], out0: x0, out1: x1, out2: x2 };
    const put = await runKernel(scatterManyRows, shape, back, { family });
    columns.forEach((width, i) => {
      if (!width) return;
      const right = whole[i].slice();
      index.forEach((row, at) => {
        if (row < indexed) right.set(moved[i].subarray(at * width, (at + 1) * width), row * width);
      });
      expect(put[`out${i}`]).toEqual(right);
    });
  }
});
