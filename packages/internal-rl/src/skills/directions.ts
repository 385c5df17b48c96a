/** What codes do to the residual stream, and how alike they are in that. */
import { HostRandom } from '@coxswain/base';
import type { Steering } from '@coxswain/metacontroller';
import { concat, expand, linear, noGrad, sub } from '@coxswain/tensor';
import { RUN_STREAM } from '../phases/streams.js';

/**
 * Residuals that codes are tried on. With two, four or eight random ones the clear codes of `findSkills` fall into the
 * same four clusters.
 */
const PROBES = 4;

export interface Directions {
  /** Of each code a vector of length 1 [probes · width]. */
  readonly features: readonly Float32Array[];
  /** [codes · codes] cosines between them. */
  readonly similarity: Float32Array;
}

/**
 * The directions of the steering matrices U(z): what each code adds to a fixed set of residuals (random normal ones, on
 * which distances are those of the matrices themselves, but for chance), scaled to length 1. How long it is says how
 * surely a code steers, not where to.
 */
export async function steeringDirections(steering: Steering, codes: readonly (readonly number[])[]): Promise<Directions> {
  const { device, config } = steering;
  const { width, latent } = config;
  const count = codes.length;
  using _scope = device.scope();
  const random = new HostRandom(0, RUN_STREAM.directions);
  const z = device.tensor(Float32Array.from(codes.flat()), [count, latent]);
  const probes = Array.from({ length: PROBES }, () =>
    device.tensor(
      Float32Array.from({ length: width }, () => random.normal()),
      [1, width],
    ),
  );
  const [effects, products] = noGrad(() => {
    const added = probes.map((probe) => {
      const residual = expand(probe, [count, width]);
      return sub(steering.steer(z, residual), residual);
    });
    const effect = concat(added, 1);
    return [effect, linear(effect, effect)];
  });
  const [effect, gram] = (await device.read([effects, products])) as Float32Array[];
  const size = effect.length / count;
  // A code that does nothing at all is like no other.
  const scale = Float64Array.from({ length: count }, (_, i) => 1 / Math.sqrt(Math.max(gram[i * count + i], Number.MIN_VALUE)));
  return {
    features: codes.map((_, i) => effect.subarray(i * size, (i + 1) * size).map((x) => x * scale[i])),
    similarity: gram.map((product, at) => product * scale[Math.floor(at / count)] * scale[at % count]),
  };
}
