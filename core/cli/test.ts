/** `tacit test`: runs cases against a configuration, without a network, and says which are not as expected. */
import { basename, dirname, extname, join } from 'node:path'
import type { Command } from 'commander'
import { readYamlFile } from '../configuration/yaml-file.ts'
import { CasesFile, checkCases } from '../dry-run/case-schema.ts'
import { type CaseResult, runCases } from '../dry-run/run-cases.ts'
import { readConfiguration } from '../gateway.ts'
import type { Paint } from '../paint.ts'
import { EXIT, guarded, paintOf, printJson, type Terminal } from './terminal.ts'

interface TestOptions {
  readonly cases: readonly string[]
  readonly json?: boolean
}

/** A case that was run, and where it stands. */
interface PlacedResult extends CaseResult {
  readonly file: string
  readonly line: number
}

const NOTES = `
Cases stand beside the configuration: those for gateway.yaml in gateway.test.yaml.

  cases:
    - name: a request without a key is refused
      request: { method: POST, path: /v1/chat/completions, json: { model: demo-large } }
      expect: { route: chat, status: 401, refusal: missing_api_key, tries: 0 }

Nothing is sent. The clock stands at 2026-01-01, the dice repeat, and every server answers 200 unless \`answers\` says
otherwise. Ends with ${EXIT.found} when a case is not as expected.

Examples:
  tacit test config/gateway.yaml
  tacit test gateway.yaml --cases cases/limits.yaml cases/routing.yaml --json`

/** Adds the command. */
export function addTest(program: Command, terminal: Terminal, done: (code: number) => void): void {
  program
    .command('test')
    .description('run the cases beside a configuration, without a network')
    .argument('[file]', 'the configuration', 'gateway.yaml')
    .option('--cases <file...>', 'files of cases, if not the one beside the configuration', [])
    .option('--json', 'print the results as JSON')
    .addHelpText('after', NOTES)
    .action(async (file: string, options: TestOptions) =>
      done(await guarded(terminal, options.json, () => test(file, options, terminal)))
    )
}

async function test(file: string, { cases, json }: TestOptions, terminal: Terminal): Promise<number> {
  const { environment } = terminal
  const loaded = await readConfiguration({ file, environment })
  const results: PlacedResult[] = []
  for (const of of cases.length > 0 ? cases : [besides(file)]) {
    const { content, lineOf } = await readYamlFile(of, CasesFile, environment, checkCases)
    for (const result of await runCases(loaded, content)) {
      results.push({ ...result, file: of, line: lineOf(['cases', result.index, 'name']) })
    }
  }
  const failed = results.filter(({ failures }) => failures.length > 0).length
  if (json === true) {
    const list = results.map(({ index: _, ...result }) => ({ ...result, passed: result.failures.length === 0 }))
    printJson(terminal, { passed: results.length - failed, failed, cases: list })
  } else terminal.out(renderResults(results, failed, paintOf(terminal)))
  return failed > 0 ? EXIT.found : EXIT.ok
}

/** `gateway.test.yaml` for `gateway.yaml`. */
function besides(file: string): string {
  const extension = extname(file)
  return join(dirname(file), `${basename(file, extension)}.test${extension}`)
}

function renderResults(results: readonly PlacedResult[], failed: number, paint: Paint): string {
  const lines = results.map(({ name, failures, file, line, step }) => {
    if (failures.length === 0) return `${paint.green('✓')} ${name}\n`
    const where = step === undefined ? `${file}:${line}` : `${file}:${line}, step ${step}`
    const details = failures.map(
      ({ what, expected, actual }) => `    ${what}: expected ${paint.green(expected)}, but it is ${paint.red(actual)}\n`
    )
    return `${paint.red('✗')} ${paint.bold(name)}  ${paint.dim(where)}\n${details.join('')}`
  })
  const counts = failed === 0 ? `${results.length} passed` : `${results.length - failed} passed, ${failed} failed`
  return `${lines.join('')}\n${counts}.\n`
}
