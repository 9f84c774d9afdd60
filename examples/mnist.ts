/** `npm start`: the network of digits.ts, trained for half as long. */
import { trainDigits } from './digits.js'

const { accuracy } = trainDigits({ steps: 8 * 160 })
console.log(`test accuracy ${(100 * accuracy).toFixed(1)} %`)
