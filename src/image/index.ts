export * from './resize.js'
