/** Reads the figures of a page of metrics again, as `metrics.ts` writes it. Pure. */

/** Every sample whose name begins with `beginning`, by its series as it is written: `name{label="value"}`. */
export function samplesOf(page: string, beginning: string): ReadonlyMap<string, number> {
  const samples = new Map<string, number>()
  for (const line of page.split('\n')) {
    if (!line.startsWith(beginning)) continue
    const end = line.lastIndexOf(' ')
    samples.set(line.slice(0, end), Number(line.slice(end + 1).replace('Inf', 'Infinity')))
  }
  return samples
}
