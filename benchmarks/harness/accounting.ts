/**
 * What a process has used: CPU time over all its threads and its children's, and resident memory. Read from `/proc`, so
 * the process under test does nothing for it. Knows Linux only.
 */
import { readdirSync, readFileSync } from 'node:fs'

/** What a process tree has used so far. */
export interface Usage {
  /** Time spent on a CPU since the start, all threads together, in µs. */
  readonly cpuUs: number
  /** The part of it that the process's own main thread spent, on which all else waits. */
  readonly mainUs: number
  /** Memory resident now. */
  readonly rssBytes: number
}

/**
 * Time on a CPU, from a line of `/proc/<pid>/task/<tid>/schedstat`.
 * The scheduler counts it in nanoseconds, where `utime` and `stime` of `/proc/<pid>/stat` are sampled by ticks of 10 ms.
 */
export function parseSchedstatUs(line: string): number {
  return Number(line.slice(0, line.indexOf(' '))) / 1000
}

/** `VmRSS` from `/proc/<pid>/status`, in bytes; 0 for a process that has ended. */
export function parseRssBytes(status: string): number {
  const [, kilobytes = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? []
  return Number(kilobytes) * 1024
}

/** The process and all below it. */
function tree(pid: number): number[] {
  const pids = [pid]
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const children = readFileSync(`/proc/${pid}/task/${task}/children`, 'latin1').trim()
    if (children !== '') for (const child of children.split(' ')) pids.push(...tree(Number(child)))
  }
  return pids
}

/**
 * What the process and its children have used.
 * @throws Error when the process has ended: figures of a process that died are worth nothing.
 */
export function usageOf(pid: number): Usage {
  let cpuUs = 0
  let mainUs = 0
  let rssBytes = 0
  for (const each of tree(pid)) {
    for (const task of readdirSync(`/proc/${each}/task`)) {
      const taskUs = parseSchedstatUs(readFileSync(`/proc/${each}/task/${task}/schedstat`, 'latin1'))
      cpuUs += taskUs
      if (task === String(pid)) mainUs = taskUs
    }
    rssBytes += parseRssBytes(readFileSync(`/proc/${each}/status`, 'latin1'))
  }
  return { cpuUs, mainUs, rssBytes }
}
