#!/usr/bin/env node
/** `npx onnax doctor`: what of this machine onnax can use. `npx onnax setup:cuda [--check]`: gets what CUDA needs. */
import { setUpCuda } from './devices/cudaSetup.js'
import { examine, reportText } from './devices/doctor.js'

const [command, ...options] = process.argv.slice(2)
const say = (text: string): void => void process.stdout.write(`${text}\n`)

if (command === 'doctor') {
  const findings = examine()
  say(reportText(findings))
  if (findings.some(({ isFault }) => isFault)) process.exitCode = 1
} else if (command === 'setup:cuda') {
  process.exitCode = setUpCuda(say, !options.includes('--check')) ? 0 : 1
} else {
  process.stderr.write('usage: onnax doctor | onnax setup:cuda [--check]\n')
  process.exitCode = 2
}
