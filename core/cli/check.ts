/** `tacit check`: says everything that is wrong with a configuration, without starting it. */
import type { Command } from 'commander'
import { ConfigurationError, renderReport, reportJson } from '../configuration/report.ts'
import { readConfiguration } from '../gateway.ts'
import { explainError } from './explain-error.ts'
import type { Terminal } from './main.ts'

/** Adds the command. */
export function addCheck(program: Command, terminal: Terminal, done: (code: number) => void): void {
  program
    .command('check')
    .description('check a configuration without starting it')
    .argument('[file]', 'the configuration', 'gateway.yaml')
    .option('--json', 'print the problems as JSON')
    .addHelpText('after', '\nExample:\n  tacit check config/gateway.yaml --json')
    .action(async (file: string, options: { json?: boolean }) =>
      done(await check(file, options.json === true, terminal))
    )
}

async function check(file: string, asJson: boolean, terminal: Terminal): Promise<number> {
  try {
    const { warnings } = await readConfiguration({ file, environment: terminal.environment })
    if (asJson) terminal.out(`${reportJson(warnings)}\n`)
    else {
      if (warnings.length > 0) terminal.error(renderReport(warnings, ''))
      terminal.out(`${file} is in order.\n`)
    }
    return 0
  } catch (error) {
    if (asJson && error instanceof ConfigurationError) terminal.out(`${reportJson(error.problems)}\n`)
    else terminal.error(explainError(error))
    return 1
  }
}
