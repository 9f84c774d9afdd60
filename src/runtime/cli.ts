#!/usr/bin/env node
/** `npx onnax doctor`: what of this machine onnax can use. */
import { examine, reportText } from './devices/doctor.js'

const [command] = process.argv.slice(2)
if (command === 'doctor') {
  const findings = examine()
  process.stdout.write(`${reportText(findings)}\n`)
  if (findings.some(({ isFault }) => isFault)) process.exitCode = 1
} else {
  process.stderr.write('usage: onnax doctor\n')
  process.exitCode = 2
}
