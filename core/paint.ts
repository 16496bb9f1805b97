/** Colours for terminals (ECMA-48, 8.3.117). Pure: whether there is a terminal is for others to know. */

/** Colours texts; {@link PLAIN} leaves them as they are. */
export interface Paint {
  bold(text: string): string
  dim(text: string): string
  red(text: string): string
  green(text: string): string
  yellow(text: string): string
  cyan(text: string): string
}

const same = (text: string): string => text

/** No colours. */
export const PLAIN: Paint = { bold: same, dim: same, red: same, green: same, yellow: same, cyan: same }

const sequence = (on: number, off: number) => (text: string) => (text === '' ? '' : `\x1b[${on}m${text}\x1b[${off}m`)

/** The colours that every terminal has. */
export const COLOURS: Paint = {
  bold: sequence(1, 22),
  dim: sequence(2, 22),
  red: sequence(31, 39),
  green: sequence(32, 39),
  yellow: sequence(33, 39),
  cyan: sequence(36, 39)
}

/**
 * Colours for a terminal, none for a file or a pipe, and none where the user says so: `NO_COLOR` set to anything
 * (no-color.org), or a terminal that is `dumb`.
 */
export function paintFor(isTerminal: boolean, { NO_COLOR, TERM }: Readonly<Record<string, string | undefined>>): Paint {
  const isWanted = isTerminal && (NO_COLOR === undefined || NO_COLOR === '') && TERM !== 'dumb'
  return isWanted ? COLOURS : PLAIN
}
