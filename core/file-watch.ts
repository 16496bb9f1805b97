/** Tells when files change. Knows nothing of what is in them. */
import { statSync } from 'node:fs'

/** How often files are looked at, in ms. Editors write, replace and link files as they like: polling sees every way. */
const INTERVAL_MS = 300

/** Watches files. Does not keep the process alive. */
export class FileWatch {
  readonly #changed: () => void
  #stamps: ReadonlyMap<string, string> = new Map()
  #timer: NodeJS.Timeout | undefined

  /** @param changed called after changes of them, their disappearance included. */
  constructor(changed: () => void) {
    this.#changed = changed
  }

  /** Watches these files from this moment on, and no others any more. */
  watch(files: readonly string[]): void {
    // Each is looked at now, not when the first pause is over: whoever writes meanwhile is not missed.
    this.#stamps = new Map(files.map(file => [file, this.#stamps.get(file) ?? stampOf(file)]))
    clearInterval(this.#timer)
    this.#timer = files.length === 0 ? undefined : setInterval(() => this.#look(), INTERVAL_MS).unref()
  }

  close(): void {
    this.watch([])
  }

  #look(): void {
    const stamps = new Map([...this.#stamps.keys()].map(file => [file, stampOf(file)]))
    const isChanged = [...stamps].some(([file, stamp]) => stamp !== this.#stamps.get(file))
    this.#stamps = stamps
    if (isChanged) this.#changed()
  }
}

/** Another one for every change, but those that leave time, size and place as they were. */
function stampOf(file: string): string {
  try {
    const found = statSync(file, { bigint: true, throwIfNoEntry: false })
    return found === undefined ? 'none' : [found.mtimeNs, found.ctimeNs, found.size, found.ino, found.dev].join()
  } catch {
    // Its folder may not be looked into, for one.
    return 'none'
  }
}
