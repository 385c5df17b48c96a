declare module '*.wgsl' {
  /** The complete text of the shader. */
  const source: string;
  export default source;
}
