/** Blocks of code in documents, and what they say a program writes. Knows nothing of what is in them. */

/** One fenced block. */
export interface Block {
  /** The first word behind the fence, such as `sh`. */
  readonly language: string
  /** The rest of that line, such as the name of a file. */
  readonly name: string
  readonly code: string
}

/** The fenced blocks of a document, in order. */
export function blocksOf(document: string): readonly Block[] {
  return [...document.matchAll(/^```(\w+)[ \t]*([^\n]*)\n([\s\S]*?)^```$/gm)].map(
    ([, language = '', name = '', code = '']) => ({ language, name: name.trim(), code })
  )
}

/** Whether `found` is what `expected` says, where `…` stands for anything, and ends of lines and blanks around it do not count. */
export function matches(expected: string, found: string): boolean {
  const parts = expected.trim().split('…').map(escaped)
  return new RegExp(`^${parts.join('[^]*?')}$`).test(
    found
      .replaceAll('\r', '')
      .replace(/[ \t]+$/gm, '')
      .trim()
  )
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}
