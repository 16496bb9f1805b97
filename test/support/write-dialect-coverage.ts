/** Writes the table of `core/dialects/README.md` anew: `node test/support/write-dialect-coverage.ts`. */
import { readFileSync, writeFileSync } from 'node:fs'
import { withCoverage } from './dialect-coverage.ts'

const README = new URL('../../core/dialects/README.md', import.meta.url)

writeFileSync(README, withCoverage(readFileSync(README, 'utf8')))
