export { cpuBackend, sessionCacheStats } from './evaluate.js'
export { AllocationError, RuntimeError } from './errors.js'
export { runtimeStats, type RuntimeStats } from './stats.js'
