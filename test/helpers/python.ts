/** Exchange with Python where it has the packages: `ONNAX_PYTHON`, or `python3`. */
import { execFileSync } from 'node:child_process'
import test, { type ImplementationFn } from 'ava'

const packages = 'import numpy, safetensors.numpy, onnx, onnxruntime'

const find = (): string | null => {
  for (const python of [process.env['ONNAX_PYTHON'], 'python3']) {
    if (python === undefined || python === '') continue
    try {
      execFileSync(python, ['-c', packages], { stdio: 'ignore' })
      return python
    } catch {
      continue
    }
  }
  return null
}

const python = find()

/** What a program prints. */
export const runPython = (program: string, ...args: readonly string[]): string =>
  execFileSync(python!, ['-c', program, ...args], { encoding: 'utf8' })

/** A test that is skipped, with a notice, where Python lacks the packages. */
export const pythonTest = (title: string, implementation: ImplementationFn<[]>): void => {
  if (python !== null) test(title, implementation)
  else {
    test.skip(title, implementation)
    console.warn(`skipped: ${title}; set ONNAX_PYTHON to a Python with numpy, safetensors, onnx and onnxruntime`)
  }
}
