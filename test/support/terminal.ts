/** A terminal for commands: what they print is kept, what they read is given. */
import type { Terminal } from '../../core/cli/main.ts'

/** A terminal that remembers. */
export class TestTerminal implements Terminal {
  printed = ''
  complained = ''
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly input: AsyncIterable<string>

  constructor(input = '', environment: Readonly<Record<string, string | undefined>> = {}) {
    this.environment = environment
    this.input = (async function* () {
      yield input
    })()
  }

  out(text: string): void {
    this.printed += text
  }

  error(text: string): void {
    this.complained += text
  }
}
