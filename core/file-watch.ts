/** Tells when files change. Knows nothing of what is in them. */
import { type StatsListener, unwatchFile, watchFile } from 'node:fs'

/** How often files are looked at, in ms. Editors write, replace and link files as they like: polling sees every way. */
const INTERVAL_MS = 300

/** Watches files. Does not keep the process alive. */
export class FileWatch {
  readonly #changed: StatsListener
  #files: readonly string[] = []

  /** @param changed called after each change of one of them, its disappearance included. */
  constructor(changed: () => void) {
    this.#changed = changed
  }

  /** Watches these files, and no others any more. */
  watch(files: readonly string[]): void {
    for (const file of this.#files) if (!files.includes(file)) unwatchFile(file, this.#changed)
    for (const file of files) {
      if (!this.#files.includes(file)) watchFile(file, { interval: INTERVAL_MS, persistent: false }, this.#changed)
    }
    this.#files = [...files]
  }

  close(): void {
    this.watch([])
  }
}
