/** `npm pack` runs this first: builds the package, and puts its package.json in place. */
import { resolve } from 'node:path'
import { build } from './build.ts'
import { swapBack, swapIn } from './swap.ts'

const folder = resolve(import.meta.dirname, '..')
// The compiler reads package.json: it has to be that of the sources.
swapBack(folder)
build(folder)
swapIn(folder)
