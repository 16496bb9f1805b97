/** Reads certificates again when their files change, without dropping a connection. */
import { readFileSync, type StatsListener, unwatchFile, watchFile } from 'node:fs'
import type { Server } from 'node:https'
import { createSecureContext } from 'node:tls'

/** How often the files are looked at, in ms. A rotation writes two of them, and links them as it likes: polling sees every way. */
const INTERVAL_MS = 500

/** Where the certificate is, and what may be spoken. */
export interface CertificateFiles {
  readonly cert: string
  readonly key: string
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3'
}

/** Watches the files of one listener. */
export class CertificateWatch {
  readonly #server: Server
  readonly #files: CertificateFiles
  readonly #told: (error: unknown) => void
  readonly #changed: StatsListener

  /** @param told called after each change: with undefined when the new certificate is in use, else with what is wrong with it; the old one stays then. */
  constructor(server: Server, files: CertificateFiles, told: (error: unknown) => void) {
    this.#server = server
    this.#files = files
    this.#told = told
    this.#changed = () => this.reload()
    for (const file of [files.cert, files.key])
      watchFile(file, { interval: INTERVAL_MS, persistent: false }, this.#changed)
  }

  /** Reads the files and uses them for connections to come. */
  reload(): void {
    try {
      const { cert, key, minVersion } = this.#files
      const pair = { cert: readFileSync(cert), key: readFileSync(key) }
      const options = { ...pair, minVersion }
      // A key that does not fit its certificate throws here, before the listener has changed.
      createSecureContext(options)
      this.#server.setSecureContext(options)
      this.#told(undefined)
    } catch (error) {
      this.#told(error)
    }
  }

  close(): void {
    for (const file of [this.#files.cert, this.#files.key]) unwatchFile(file, this.#changed)
  }
}
