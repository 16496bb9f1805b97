/** `tacit explain`: says what the gateway would do with one request, without a network. */
import type { Command } from 'commander'
import { systemClock } from '../clock.ts'
import { explain } from '../dry-run/explain.ts'
import { readConfiguration } from '../gateway.ts'
import { parseAnswer, parseHeader, parseInstant, readBody } from './dry-arguments.ts'
import { explanationLines } from './explanation-lines.ts'
import { EXIT, guarded, paintOf, printJson, type Terminal } from './terminal.ts'

interface ExplainOptions {
  readonly config: string
  readonly header: readonly string[]
  readonly data?: string
  readonly from?: string
  readonly answer: readonly string[]
  readonly at?: string
  readonly seed: string
  readonly json?: boolean
}

const NOTES = `
Nothing is sent: plugins run on throwaway state, a clock that stands still and dice that repeat, and every server is
taken to answer 200 unless --answer says otherwise. What comes out is what a gateway does that has just been started.

Examples:
  tacit explain GET /v1/models -c config/gateway.yaml
  tacit explain POST /v1/chat/completions -H 'authorization: Bearer …' -d '{"model":"demo-large"}'
  tacit explain POST /v1/chat/completions -d @request.json --answer eu=503 --answer us=timed_out`

/** Adds the command. */
export function addExplain(program: Command, terminal: Terminal, done: (code: number) => void): void {
  const collect = (value: string, before: readonly string[]) => [...before, value]
  program
    .command('explain')
    .description('say what the gateway would do with a request, and why; nothing is sent')
    .argument('<method>', 'such as POST')
    .argument('<path>', 'path and query, such as /v1/chat/completions')
    .option('-c, --config <file>', 'the configuration', 'gateway.yaml')
    .option('-H, --header <line>', 'a header, as `name: value`; may be repeated', collect, [])
    .option('-d, --data <body>', 'the body; `@file` reads a file, `@-` standard input')
    .option('--from <address>', 'address that the request comes from')
    .option('--answer <[peer=]answer>', 'what a server answers; may be repeated', collect, [])
    .option('--at <instant>', 'time on the clock, such as 2026-01-01T00:00:00Z; now, if not given')
    .option('--seed <number>', 'of the dice', '1')
    .option('--json', 'print the explanation as JSON')
    .addHelpText('after', NOTES)
    .action(async (method: string, path: string, options: ExplainOptions) =>
      done(await guarded(terminal, options.json, () => run(method, path, options, terminal)))
    )
}

async function run(method: string, target: string, options: ExplainOptions, terminal: Terminal): Promise<number> {
  const { config: file, header, data, from, answer, at, seed, json } = options
  const loaded = await readConfiguration({ file, environment: terminal.environment })
  const request = {
    method,
    target,
    headers: header.map(parseHeader),
    ...(data !== undefined && { body: await readBody(data, terminal) }),
    ...(from !== undefined && { clientIp: from })
  }
  const explanation = await explain(loaded, request, {
    at: at === undefined ? systemClock.now() : parseInstant(at),
    seed: Number(seed) || 1,
    answers: Object.fromEntries(answer.map(parseAnswer))
  })
  if (json === true) printJson(terminal, explanation)
  else terminal.out(explanationLines(explanation, paintOf(terminal)))
  return EXIT.ok
}
