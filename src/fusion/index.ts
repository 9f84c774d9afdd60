/** Elementwise ends of programs as fused loops of WebAssembly. */
export * from './kernel.js'
export * from './partition.js'
export { MAX_PAGES, PAGE_BYTES, webAssembly, type WebAssemblyApi, type WebAssemblyMemory } from './webAssembly.js'
