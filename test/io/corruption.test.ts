import test from 'ava'
import { corrupt, drawing, formats } from './corruption.js'

// 2,000 of them: npm run corrupt:files
for (const format of formats) {
  test(`100 broken files are refused with a typed error: ${format.name}`, async (t) => {
    const outcome = await corrupt(format, 100, drawing(7))
    t.is(outcome.refused + outcome.unchanged, 100)
    t.true(outcome.refused >= 95, JSON.stringify(outcome))
    t.true(outcome.mostAllocated <= 2, JSON.stringify(outcome))
  })
}
