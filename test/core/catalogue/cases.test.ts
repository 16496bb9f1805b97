/** One file for each way to get a file of data wrong: what is written, a line of hyphens, and the report to the letter. */
import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { readDataFile } from '../../../core/catalogue/files.ts'
import { mergeLayers } from '../../../core/catalogue/merge.ts'
import { renderReport } from '../../../core/configuration/report.ts'

const folder = new URL('cases/', import.meta.url)

for (const name of readdirSync(folder).sort()) {
  t.test(`reports ${name.replace('.yaml', '').replaceAll('-', ' ')}`, async t => {
    const [written = '', expected] = readFileSync(new URL(name, folder), 'utf8').split('----------\n')
    const file = readDataFile('acme.yaml', written)
    mergeLayers(file.part === undefined ? [] : [[file.part]])
    t.equal(renderReport(file.problems(), ''), expected)
  })
}
