/** Whole trainings, one after the other: `npm run test:slow`. */
export default {
  files: ['test/slow/*.slow.ts'],
  extensions: { ts: 'module' },
  nodeArguments: ['--import=tsx'],
  workerThreads: false,
  serial: true,
  timeout: '60m',
}
