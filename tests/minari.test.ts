/**
 * The converter of Minari data sets, where there is a Python with numpy: episodes as h5py gives them become padded
 * arrays.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const scripts = join(import.meta.dirname, '../scripts');
const python = (program: string) => spawnSync('python3', ['-c', program], { cwd: scripts, encoding: 'utf8' });
const hasNumpy = python('import numpy').status === 0;

/** Two episodes, of which the second may be changed by a line of Python. */
const convert = (change = '') =>
  python(`
import json, sys
import numpy
from minari_to_safetensors import convert
# A data set is read by [()], a group has keys: arrays and dicts do the same.
a = {"observations": {"place": numpy.arange(6.0).reshape(3, 2), "seen": numpy.arange(3)}, "actions": numpy.array([1, 0])}
b = {"observations": {"place": numpy.ones((2, 2)), "seen": numpy.arange(2)}, "actions": numpy.array([1])}
${change}
out = convert(numpy, [a, b])
print(json.dumps({name: [str(array.dtype), array.tolist()] for name, array in out.items()}))
`);

describe.runIf(hasNumpy)('a Minari data set', () => {
  it('becomes padded arrays by name', () => {
    const { stdout, stderr } = convert();
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      length: ['int32', [2, 1]],
      'observation.place': [
        'float32',
        [
          [
            [0, 1],
            [2, 3],
            [4, 5],
          ],
          [
            [1, 1],
            [1, 1],
            [0, 0],
          ],
        ],
      ],
      'observation.seen': [
        'int32',
        [
          [0, 1, 2],
          [0, 1, 0],
        ],
      ],
      action: [
        'int32',
        [
          [1, 0],
          [1, 0],
        ],
      ],
    });
  });

  it.each([
    ['del b["actions"]', 'Episode 1 has no actions, expected observations and actions'],
    ['b["observations"]["seen"] = numpy.arange(5)', 'Episode 1: observations.seen has 5 steps, expected 2'],
    ['b["observations"]["place"] = numpy.ones((2, 3))', 'Episode 1: observation.place has shape (3,), expected (2,)'],
    ['b["actions"] = numpy.array(["up"]); a["actions"] = numpy.array(["up", "up"])', 'action holds <U2, expected numbers'],
  ])('that is none is refused: %s', (change, told) => {
    const { status, stderr } = convert(change);
    expect(stderr).toContain(told);
    expect(status).toBe(1);
  });
});
