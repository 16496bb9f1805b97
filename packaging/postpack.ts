/** `npm pack` runs this last: the repository's own package.json comes back. */
import { resolve } from 'node:path'
import { swapBack } from './swap.ts'

swapBack(resolve(import.meta.dirname, '..'))
