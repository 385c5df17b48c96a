/** A library of skills: unconditioned episodes, the codes they held and what these reached, grouped by what they do. */

import { BASE_INPUT, type Checkpoint, loadBase, type Phase, type PhaseContext, RESULT_FILE, takeTensor } from '@coxswain/lab';
import { readSafetensors, type SafeTensor, writeSafetensors } from '@coxswain/tensor';
import { median } from 'd3-array';
import { CELLS } from '../grid/needs.js';
import { METRICS } from '../metrics.js';
import { type HeldCode, heldCodes } from '../skills/held-codes.js';
import { findSkills } from '../skills/library.js';
import { SKILLS_FILE } from '../skills/open.js';
import { libraryAnswer } from './answers.js';
import { loadController } from './controller.js';

const MODEL = 'model.safetensors';
const [CODE, REACHES, STEPS] = ['held.code', 'held.reaches', 'held.steps'];

/** All codes held so far, side by side: what a run goes on from, and what others may look at. */
function tensorsOf(held: readonly HeldCode[], latent: number): Map<string, SafeTensor> {
  const column = (of: (code: HeldCode) => number): SafeTensor => ({ shape: [held.length], data: Float32Array.from(held, of) });
  return new Map([
    [CODE, { shape: [held.length, latent], data: Float32Array.from(held.flatMap(({ code }) => code)) }],
    [REACHES, column(({ reaches }) => reaches)],
    [STEPS, column(({ steps }) => steps)],
  ]);
}

function heldOf(checkpoint: Checkpoint, latent: number): HeldCode[] {
  const { tensors } = readSafetensors(checkpoint.read(MODEL), checkpoint.folder);
  const [code, reaches, steps] = [CODE, REACHES, STEPS].map((name) => takeTensor(tensors, name));
  return Array.from(reaches, (colour, i) => ({
    code: [...code.subarray(i * latent, (i + 1) * latent)],
    reaches: colour,
    steps: steps[i],
  }));
}

async function run({ config, seed, device, folder, session, inputs, resumed }: PhaseContext): Promise<void> {
  const base = loadBase(device, inputs.base);
  const controller = loadController(device, inputs.controller, base);
  const { latent } = controller.model.config;
  const { worlds, batches, neighbours, agreement, starts } = config.skills;
  const held = resumed ? heldOf(resumed, latent) : [];
  let done = resumed?.step ?? 0;
  for await (const more of heldCodes({ config, base, controller }, { seed, worlds, batches, first: done })) {
    held.push(...more);
    done++;
    const reached = held.filter(({ reaches }) => reaches >= 0).length / Math.max(1, held.length);
    session.log(done, { [METRICS.episodes]: done * worlds, [METRICS.heldCodes]: held.length, [METRICS.codesReached]: reached });
    const snapshot = async () => ({ files: { [MODEL]: writeSafetensors(tensorsOf(held, latent)) } });
    await session.afterStep(done, snapshot, { [METRICS.codesReached]: reached });
  }
  const { skills, ...found } = await findSkills(controller.model, held, {
    colours: base.world.spaces.events.length,
    neighbours,
    agreement,
    starts,
  });
  for (const { name, purity, reached, count, steps } of skills)
    session.note(`${name}: ${reached} of ${count} codes reached it (${purity.toFixed(3)}), half of them within ${steps} steps`);
  if (skills.length === 0) session.note('No code reaches one colour clearly: the library is empty.');
  folder.writeArtifact(SKILLS_FILE, skills);
  folder.writeArtifact(RESULT_FILE, {
    skills: skills.length,
    colours: new Set(skills.map(({ reaches }) => reaches)).size,
    heldCodes: found.held,
    reachedShare: found.reached / Math.max(1, found.held),
    clearShare: found.clear / Math.max(1, found.held),
    purity: skills.reduce((sum, { reached }) => sum + reached, 0) / Math.max(1, found.clear),
    silhouette: found.silhouette,
    medianSteps: median(held.filter(({ reaches }) => reaches >= 0).map(({ steps }) => steps)) ?? 0,
  });
  for (const part of [controller, base]) part.dispose();
}

export const skillsPhase: Phase = {
  name: 'skills',
  about: 'Names what codes do: plays without a task and codes at random, and groups the codes by what they reach.',
  sections: ['world', 'model', 'metacontroller', 'discover', 'skills', 'reinforce'],
  needs: [CELLS],
  inputs: [
    BASE_INPUT,
    {
      name: 'controller',
      phase: 'discover',
      about: 'run folder of the metacontroller, trained on that base',
      gives: ['metacontroller', 'discover'],
      mayGive: ['stages'],
      required: () => true,
    },
  ],
  leaves: RESULT_FILE,
  answer: libraryAnswer,
  shortcuts: {},
  length: ({ skills }) => ({ steps: skills.batches, unit: 'batches', saveEvery: 1 }),
  run,
};
