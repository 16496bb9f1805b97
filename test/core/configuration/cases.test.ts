/**
 * One file for each way to get a configuration wrong: what is written, a line of
 * hyphens, and the report to the letter. Files that are included stand between, each
 * after a line of hyphens and its name.
 */
import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { ConfigurationError, renderReport } from '../../../core/configuration/report.ts'
import { environment, load, readCase } from './support.ts'

const folder = new URL('cases/', import.meta.url)

for (const file of readdirSync(folder).sort()) {
  t.test(`reports ${file.replace('.yaml', '').replaceAll('-', ' ')}`, async t => {
    const text = readFileSync(new URL(file, folder), 'utf8')
    const { written, files, expected } = readCase(text)
    const report = await reportOf(written, files)
    t.equal(report, expected)
    for (const value of Object.values(environment)) {
      t.notOk(value !== '' && report.includes(value), 'no value from outside is shown')
    }
    t.notMatch(report, /hunter|correct-horse|sk-live/, 'no secret of the file is shown')
  })
}

async function reportOf(text: string, files: Readonly<Record<string, string>>): Promise<string> {
  const names = ['gateway.yaml', ...Object.keys(files)]
  const shorter = (report: string) => names.reduce((told, name) => told.replaceAll(`/etc/tacit/${name}`, name), report)
  try {
    const { warnings } = await load(text, { files })
    return shorter(renderReport(warnings, 'The gateway was started.'))
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    return shorter(renderReport(error.problems))
  }
}

/** Codes that no case can be written for, and why. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ['TACIT_CONFIGURATION_INVALID', 'says only how many problems there are'],
  ['TACIT_FILE_UNREADABLE', 'there is no text then: yaml-file.test.ts, check.test.ts'],
  ['TACIT_INCLUDE_MANY', 'takes 257 files: includes.test.ts'],
  ['TACIT_PLUGIN_NESTED', 'takes a plugin that holds others: any-of.test.ts'],
  ['TACIT_YAML_CHARACTER', 'the case would hold what no editor shows: document.test.ts'],
  ['TACIT_YAML_SIZE', 'takes 10 MiB: attacks.test.ts']
])

t.test('every code that a check of the configuration may tell has its case', async t => {
  const sources = new URL('../../../core/configuration/', import.meta.url)
  const codes = new Set<string>()
  for (const file of readdirSync(sources).filter(name => name.endsWith('.ts'))) {
    for (const [code] of readFileSync(new URL(file, sources), 'utf8').matchAll(/\bTACIT_[A-Z_]+[A-Z]\b/g))
      codes.add(code)
  }
  const reports = readdirSync(folder).map(file => readCase(readFileSync(new URL(file, folder), 'utf8')).expected ?? '')
  const told = new Set(reports.flatMap(report => report.match(/\bTACIT_[A-Z_]+[A-Z]\b/g) ?? []))
  t.strictSame([...codes].filter(code => !told.has(code) && !ELSEWHERE.has(code)).sort(), [])
})
