// Asks Dawn for an adapter and has it add two numbers, in a process of its own: a bad driver may crash or hang.
// Prints one line of JSON: { ok: true, name } or { ok: false, reason }.
import { create, globals } from 'webgpu';

Object.assign(globalThis, globals);

const SHADER = `
@group(0) @binding(0) var<storage, read_write> numbers: array<f32>;
@compute @workgroup_size(1) fn main() { numbers[0] = numbers[0] + numbers[1]; }`;

/** @returns {Promise<import('./plan.mjs').AdapterAnswer>} */
async function probe() {
  const gpu = create([]);
  const adapter = await gpu.requestAdapter();
  if (!adapter) return { ok: false, reason: 'none offered' };
  const { description, device: product, vendor } = adapter.info;
  const device = await adapter.requestDevice();
  device.pushErrorScope('validation');
  const buffer = device.createBuffer({ size: 8, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST });
  const staging = device.createBuffer({ size: 8, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  device.queue.writeBuffer(buffer, 0, new Float32Array([2, 3]));
  const pipeline = device.createComputePipeline({ layout: 'auto', compute: { module: device.createShaderModule({ code: SHADER }) } });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries: [{ binding: 0, resource: { buffer } }] }));
  pass.dispatchWorkgroups(1);
  pass.end();
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, 8);
  device.queue.submit([encoder.finish()]);
  const error = await device.popErrorScope();
  if (error) return { ok: false, reason: error.message };
  await staging.mapAsync(GPUMapMode.READ);
  const sum = new Float32Array(staging.getMappedRange())[0];
  staging.unmap();
  device.destroy();
  return sum === 5 ? { ok: true, name: description || product || vendor } : { ok: false, reason: `${description} adds 2 and 3 to ${sum}` };
}

const answer = await probe().catch((error) => ({ ok: false, reason: String(error.message ?? error) }));
console.log(JSON.stringify(answer));
// Dawn keeps threads of its own: leave at once rather than wait for them.
process.exit(0);
