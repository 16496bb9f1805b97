/** Names of rows whose kind gives them none. Knows nothing of what is in a row. */
import { randomBytes } from 'node:crypto'
import type { Writer } from './codec.ts'

/** Makes names of rows that have none: UUIDs of version 8 (RFC 9562, 5.8), a random part of the process and a count. */
export function idMaker(): (writer: Writer) => void {
  const id = randomBytes(16)
  id[6] = ((id[6] ?? 0) & 0x0f) | 0x80
  id[8] = ((id[8] ?? 0) & 0x3f) | 0x80
  let count = 0
  return writer => {
    id.writeUIntBE(count++, 10, 6)
    writer.append(id)
  }
}
