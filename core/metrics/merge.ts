/**
 * Makes one page of metrics of those that several processes wrote. Pure; knows
 * the text format that `metrics.ts` writes and nothing else.
 */

/** One process's page. */
export interface Page {
  /** Value of the label `process` of what belongs to a process alone. */
  readonly process: string
  readonly text: string
}

interface Family {
  head: string
  type: string
  readonly samples: Map<string, number>
}

/** What is measured of a process rather than of its work. */
const OF_PROCESS = /^(?:process|nodejs)_/

/**
 * Adds up what was measured of the work, and tells what was measured of each process apart, by the label `process`.
 * @param ended pages of processes that are no more: of these only what can only rise counts, so that no sum falls.
 */
export function mergePages(pages: readonly Page[], ended: readonly string[] = []): string {
  const families = new Map<string, Family>()
  for (const { process, text } of pages) read(text, process, families, false)
  for (const text of ended) read(text, '', families, true)
  let merged = ''
  for (const { head, samples } of families.values()) {
    if (samples.size === 0) continue
    merged += head
    for (const [name, value] of samples) merged += `${name} ${written(value)}\n`
  }
  return merged
}

function read(text: string, process: string, families: Map<string, Family>, isEnded: boolean): void {
  let family: Family | undefined
  for (const line of text.split('\n')) {
    if (line.startsWith('# HELP ')) {
      const name = line.slice(7, line.indexOf(' ', 7))
      family = families.get(name) ?? { head: '', type: '', samples: new Map() }
      families.set(name, family)
      if (family.type === '') family.head = `${line}\n`
    } else if (line.startsWith('# TYPE ') && family !== undefined) {
      if (family.type === '') family.head += `${line}\n`
      family.type = line.slice(line.lastIndexOf(' ') + 1)
    } else if (line !== '' && family !== undefined) {
      const end = line.lastIndexOf(' ')
      const series = line.slice(0, end)
      const isOfProcess = OF_PROCESS.test(series)
      if (isEnded && (isOfProcess || family.type === 'gauge')) continue
      const key = isOfProcess ? withProcess(series, process) : series
      family.samples.set(key, (family.samples.get(key) ?? 0) + Number(line.slice(end + 1).replace('Inf', 'Infinity')))
    }
  }
}

function withProcess(series: string, process: string): string {
  const label = `process="${process}"`
  return series.endsWith('}') ? `${series.slice(0, -1)},${label}}` : `${series}{${label}}`
}

function written(value: number): string {
  return String(value).replace('Infinity', 'Inf').replace(/^Inf/, '+Inf')
}
