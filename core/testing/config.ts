/** Checks and decodes a plugin's `config:` block as it is done when a gateway starts. */
import { isBlock } from '../configuration/path.ts'
import { Substitutions } from '../configuration/secrets.ts'
import { validate } from '../configuration/validate.ts'
import { GatewayError } from '../errors.ts'
import type { InstanceConfig } from '../instances.ts'
import type { PluginDefinition } from '../plugin.ts'

/**
 * Fills in defaults, checks, and decodes values with a unit. `config` is left as it is.
 * @throws GatewayError `TACIT_CONFIG_INVALID` with a sentence for everything that is wrong.
 */
export function decodeConfig(
  schema: PluginDefinition['config'],
  config: Readonly<Record<string, unknown>>
): InstanceConfig {
  const { decoded, findings } = validate(schema, structuredClone(config), [], new Substitutions())
  if (isBlock(decoded)) return decoded
  const sentences = findings.map(({ message, cure }) => (cure === undefined ? message : `${message} ${cure}`))
  throw new GatewayError('TACIT_CONFIG_INVALID', sentences.join('\n'))
}
