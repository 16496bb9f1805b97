/** `tacit key`: makes API keys and the digests that a configuration keeps of them. */
import type { Command } from 'commander'
import { readDigestKey } from '../configuration/digest-key.ts'
import { GatewayError } from '../errors.ts'
import { keyedDigest, newApiKey } from '../identity/digest.ts'
import { addStoredKeys } from './stored-keys.ts'
import { EXIT, guarded, printJson, type Terminal } from './terminal.ts'

/** Longest key that is read, in characters. */
const MAX_KEY_LENGTH = 512

/** Adds the commands. */
export function addKey(program: Command, terminal: Terminal, done: (code: number) => void): void {
  const key = program.command('key').description('make API keys, digests of them for `keyHash`, and keys of the store')
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
    .option('--json', 'print it as JSON')
    .addHelpText('after', '\nExample:\n  printf %s "$KEY" | tacit key hash --config config/gateway.yaml')
    .action(async (options: KeyOptions) => done(await printHash(options, terminal)))
  addStoredKeys(key, terminal, done)
}

interface KeyOptions {
  readonly config: string
  readonly json?: boolean
}

async function printNew({ config, json }: KeyOptions, terminal: Terminal): Promise<number> {
  return guarded(terminal, json, async () => {
    const digestKey = await readDigestKey(config, terminal.environment)
    const key = newApiKey()
    const keyHash = keyedDigest(digestKey.reveal(), key)
    if (json === true) printJson(terminal, { key, keyHash })
    else terminal.out(`key      ${key}\nkeyHash  ${keyHash}\n`)
    return EXIT.ok
  })
}

async function printHash({ config, json }: KeyOptions, terminal: Terminal): Promise<number> {
  return guarded(terminal, json, async () => {
    const digestKey = await readDigestKey(config, terminal.environment)
    const key = await readKey(terminal.input)
    if (key === '' || key.length > MAX_KEY_LENGTH || /\s/.test(key)) {
      throw new GatewayError('TACIT_KEY_INVALID', `A key has 1 to ${MAX_KEY_LENGTH} characters and no white space.`)
    }
    const keyHash = keyedDigest(digestKey.reveal(), key)
    if (json === true) printJson(terminal, { keyHash })
    else terminal.out(`${keyHash}\n`)
    return EXIT.ok
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
