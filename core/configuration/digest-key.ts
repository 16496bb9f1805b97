/**
 * Reads `digestKey` alone out of a configuration, so that a key can be digested
 * before the consumer that is to have it makes the file complete.
 */
import { SecretText } from '../contract/units.ts'
import { GatewayError } from '../errors.ts'
import { readSources } from './includes.ts'
import { readNamedText } from './named-file.ts'
import { isBlock } from './path.ts'
import { substitute } from './secrets.ts'

/** Shorter keys can be guessed. */
export const MIN_DIGEST_KEY_LENGTH = 16

/**
 * @throws GatewayError `TACIT_FILE_UNREADABLE`, `TACIT_DIGEST_KEY_MISSING` when the file has none, its reference leads
 * nowhere or it is shorter than 16 characters.
 */
export async function readDigestKey(
  file: string,
  environment: Readonly<Record<string, string | undefined>>
): Promise<SecretText> {
  const text = await readNamedText(file)
  const blocks = (await readSources(file, text)).map(({ document }) => document.value).filter(isBlock)
  const written = blocks.find(({ digestKey }) => digestKey !== undefined)?.digestKey
  const { value, findings } = await substitute({ digestKey: written }, { file, environment })
  const key = isBlock(value) ? value.digestKey : undefined
  if (typeof key === 'string' && findings.length === 0 && key.length >= MIN_DIGEST_KEY_LENGTH)
    return new SecretText(key)
  throw new GatewayError(
    'TACIT_DIGEST_KEY_MISSING',
    `"${file}" has no \`digestKey\` of at least ${MIN_DIGEST_KEY_LENGTH} characters.`,
    'Set it, such as `digestKey: ${TACIT_DIGEST_KEY}`, and set the variable.'
  )
}
