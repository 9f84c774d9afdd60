/** `npm start`: train a small convolutional network on handwritten digits. */
import { trainDigits } from './digits.js'

trainDigits()
