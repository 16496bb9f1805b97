/**
 * The key above all others. It seals only the root key of a store, so that it is
 * needed once at a start, may live in a key service, and changes without a row
 * being written again.
 */
import { createHash } from 'node:crypto'
import { parseMasterKey } from '../configuration/records-checks.ts'
import type { SecretText } from '../contract/units.ts'
import { GatewayError } from '../errors.ts'
import { seal, unseal } from './sealing.ts'

/** Seals and opens keys. A key service (KMS) is used by implementing this; the gateway brings {@link LocalMasterKey}. */
export interface MasterKey {
  /** Tells master keys apart, and is kept beside what each has sealed; must not tell anything of the key. */
  readonly id: string
  /** Seals a key of 32 bytes. */
  wrap(key: Uint8Array): Promise<Uint8Array>
  /** Opens what {@link wrap} made. Rejects when that is not possible. */
  unwrap(wrapped: Uint8Array): Promise<Uint8Array>
}

const PLACE = 'tacit records 1: root key'

/** A master key that came from the environment or a file: 32 bytes in hexadecimal or base64 digits. */
export class LocalMasterKey implements MasterKey {
  readonly id: string
  readonly #key: Buffer

  /** @throws GatewayError `TACIT_MASTER_KEY_INVALID`. */
  constructor(text: SecretText) {
    const key = parseMasterKey(text.reveal())
    if (key === undefined) {
      throw new GatewayError(
        'TACIT_MASTER_KEY_INVALID',
        'The master key of the records is not 32 bytes in hexadecimal or base64 digits.',
        'Make one with `openssl rand -base64 32`.'
      )
    }
    this.#key = key
    this.id = `local:${createHash('sha256').update('tacit master key id').update(key).digest('hex').slice(0, 16)}`
  }

  async wrap(key: Uint8Array): Promise<Uint8Array> {
    return seal(this.#key, PLACE, key)
  }

  async unwrap(wrapped: Uint8Array): Promise<Uint8Array> {
    return unseal(this.#key, PLACE, wrapped)
  }
}
