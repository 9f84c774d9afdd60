export { clearCaches, cpuBackend, sessionCacheStats } from './evaluate.js'
export { profile, type Profile, type ProfileRow, type TraceEvent } from './profile.js'
export { AllocationError, RuntimeError } from './errors.js'
export { runtimeStats, type RuntimeStats } from './stats.js'
