/**
 * Chance that repeats: the same seed gives the same numbers, so that a failure
 * can be seen again.
 */

/** Numbers from 0 up to 1, by xorshift (Marsaglia 2003, shifts 13, 17, 5). Good enough to choose places in a text. Any seed but 0. */
export function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

/** Bytes cut at up to `cuts` places that chance chooses; joined again they are the same. */
export function cutAtRandom(bytes: Buffer, cuts: number, random: () => number): readonly Buffer[] {
  const places = Array.from({ length: cuts }, () => Math.floor(random() * (bytes.length + 1))).sort((a, b) => a - b)
  const pieces: Buffer[] = []
  let from = 0
  for (const place of [...places, bytes.length]) {
    if (place > from) pieces.push(bytes.subarray(from, place))
    from = place
  }
  return pieces
}

/** Each byte by itself. */
export function everyByte(bytes: Buffer): readonly Buffer[] {
  return Array.from(bytes, (_, index) => bytes.subarray(index, index + 1))
}
