/** One side of `paired.ts`: the rows of the checkout it runs in, made ready and timed when it is told to. */
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const load = (...path) => import(pathToFileURL(resolve(...path)).href);
const source = (...path) => load('bench', 'src', ...path);

const [family] = process.argv.slice(2);
const { requestDevice } = await load('packages', 'tensor', 'src', 'node.ts');
const { Ours } = await source('ours.ts');
const device = await requestDevice(family ? { family } : {});
const ours = new Ours(device, '');

/** Every row by its name: a function that makes it ready, to { run, finish, dispose, outputs? }. */
const rows = new Map();
for (const file of readdirSync(join('bench', 'src', 'cases')))
  for (const cases of Object.values(await source('cases', file)).filter(Array.isArray))
    for (const item of cases)
      if (item.suits?.(device.traits) ?? true)
        rows.set(`kernels: ${item.name} ${item.shape}${item.dtype ? ` ${item.dtype}` : ''}`, () => ours.prepare(item, item.inputs()));

const training = await source('training', 'ours.ts');
const pretraining = await source('training', 'pretraining.ts');
const { discovery } = await source('training', 'discovery.ts');
rows.set('training: pretraining step', () =>
  training.preparePretraining(device, pretraining.pretraining, pretraining.makeBatch(pretraining.pretraining)),
);
rows.set('training: discovery step', async () => (await training.prepareDiscovery(device, discovery)).mine);

const players = await source('rollout', 'rollout.ts');
for (const [name, spec] of [
  ['base alone', players.alone],
  ['metacontroller', players.steered],
])
  for (const where of ['host', 'device'])
    rows.set(`rollout: ${name}, worlds on the ${where}`, async () => {
      const { rollout, dispose } = await players.makePlayers(device, spec, where);
      return { run: () => rollout.run(0), finish: () => device.finish(), dispose };
    });

let prepared;
const answers = {
  rows: () => [...rows.keys()],
  adapter: () => device.description,
  prepare: async (name) => {
    prepared = await rows.get(name)();
    for (let i = 0; i < 2; i++) await prepared.run();
    await prepared.finish();
  },
  /** Milliseconds of a run by the wall clock, and of the whole process's threads. */
  sample: async (repeats) => {
    const [from, used] = [performance.now(), process.cpuUsage()];
    for (let i = 0; i < repeats; i++) await prepared.run();
    await prepared.finish();
    const { user, system } = process.cpuUsage(used);
    return { wall: (performance.now() - from) / repeats, processor: (user + system) / 1000 / repeats };
  },
  dispose: () => prepared.dispose(),
};
process.on('message', async ({ ask, argument }) => {
  try {
    process.send({ answer: await answers[ask](argument) });
  } catch (error) {
    process.send({ failed: error.stack });
  }
});
process.on('disconnect', () => process.exit());
process.send({ answer: 'ready' });
