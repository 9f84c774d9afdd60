export { customJvp, customJvpCallP, type CustomJvpFunction, type CustomJvpOptions } from './customJvp.js'
