/** `tacit key`: makes API keys and the digests that a configuration keeps of them. */
import type { Command } from 'commander'
import { readDigestKey } from '../configuration/digest-key.ts'
import { keyedDigest, newApiKey } from '../identity/digest.ts'
import { explainError } from './explain-error.ts'
import type { Terminal } from './main.ts'

/** Longest key that is read, in characters. */
const MAX_KEY_LENGTH = 512

/** Adds the commands. */
export function addKey(program: Command, terminal: Terminal, done: (code: number) => void): void {
  const key = program.command('key').description('make API keys, and digests of them for `keyHash`')
  key
    .command('new')
    .description('make a key; it is printed once and kept nowhere')
    .option('-c, --config <file>', 'the configuration whose `digestKey` is used', 'gateway.yaml')
    .option('--json', 'print both as JSON')
    .addHelpText('after', '\nExample:\n  tacit key new --config config/gateway.yaml')
    .action(async (options: KeyOptions) => done(await printNew(options, terminal)))
  key
    .command('hash')
    .description('print the digest of a key that is read from standard input')
    .option('-c, --config <file>', 'the configuration whose `digestKey` is used', 'gateway.yaml')
    .addHelpText('after', '\nExample:\n  printf %s "$KEY" | tacit key hash --config config/gateway.yaml')
    .action(async (options: KeyOptions) => done(await printHash(options, terminal)))
}

interface KeyOptions {
  readonly config: string
  readonly json?: boolean
}

async function printNew({ config, json }: KeyOptions, terminal: Terminal): Promise<number> {
  return guarded(terminal, async () => {
    const digestKey = await readDigestKey(config, terminal.environment)
    const key = newApiKey()
    const keyHash = keyedDigest(digestKey.reveal(), key)
    terminal.out(json === true ? `${JSON.stringify({ key, keyHash })}\n` : `key      ${key}\nkeyHash  ${keyHash}\n`)
    return 0
  })
}

async function printHash({ config }: KeyOptions, terminal: Terminal): Promise<number> {
  return guarded(terminal, async () => {
    const digestKey = await readDigestKey(config, terminal.environment)
    const key = await readKey(terminal.input)
    if (key === '' || key.length > MAX_KEY_LENGTH || /\s/.test(key)) {
      terminal.error(`A key has 1 to ${MAX_KEY_LENGTH} characters and no white space.\n`)
      return 1
    }
    terminal.out(`${keyedDigest(digestKey.reveal(), key)}\n`)
    return 0
  })
}

/** The key on standard input, without the line end that a shell may add. Never an argument: those are seen by everybody on the machine. */
async function readKey(input: Terminal['input']): Promise<string> {
  let text = ''
  for await (const piece of input) {
    text += String(piece)
    if (text.length > MAX_KEY_LENGTH + 2) break
  }
  return text.replace(/\r?\n$/, '')
}

async function guarded(terminal: Terminal, work: () => Promise<number>): Promise<number> {
  try {
    return await work()
  } catch (error) {
    terminal.error(explainError(error))
    return 1
  }
}
