export * as norm from './norm.js'
