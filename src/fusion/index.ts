/** Elementwise ends of programs as fused loops of WebAssembly. */
export * from './kernel.js'
export * from './partition.js'
export { webAssembly, type WebAssemblyApi } from './webAssembly.js'
