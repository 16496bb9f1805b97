/** Cursors of figures: the place behind which a page goes on. They come back from outside, and hold no more than a place. Pure. */

/** The last figure of a page. */
export interface Place {
  readonly at: number
  readonly names: readonly (string | undefined)[]
}

const MAX_LENGTH = 2_048

/** A place as text for the next question. */
export function writePlace({ at, names }: Place): string {
  return Buffer.from(JSON.stringify([at, ...names.map(name => name ?? null)])).toString('base64url')
}

/** @param count how many names it must have. @returns undefined for a text that is no cursor of such figures. */
export function readPlace(cursor: string, count: number): Place | undefined {
  if (cursor.length > MAX_LENGTH) return undefined
  const value = parsed(Buffer.from(cursor, 'base64url').toString('utf8'))
  if (!Array.isArray(value) || value.length !== count + 1) return undefined
  const [at, ...names]: readonly unknown[] = value
  if (typeof at !== 'number' || !Number.isSafeInteger(at) || at < 0) return undefined
  const read: (string | undefined)[] = []
  for (const name of names) {
    if (typeof name !== 'string' && name !== null) return undefined
    read.push(name ?? undefined)
  }
  return { at, names: read }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
