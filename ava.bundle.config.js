/** Tests from the bundle that `npm run bundle:test` makes: a process starts in a fifth of the time. */
export default {
  files: ['out/tests/test/**/*.test.js'],
  workerThreads: false,
  concurrency: 2,
  timeout: '3m',
}
