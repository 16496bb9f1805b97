/** Reads CSV as providers export it (RFC 4180): quoted cells, either end of line, a byte order mark, commas or semicolons. Pure. */

/** Rows by the names of their columns. @throws Error with a sentence for people. */
export function readCsv(text: string): readonly Readonly<Record<string, string>>[] {
  const content = text.startsWith('\uFEFF') ? text.slice(1) : text
  const [first = ''] = content.split('\n', 1)
  const separator = count(first, ';') > count(first, ',') ? ';' : ','
  const [head, ...rows] = cellsOf(content, separator)
  if (head === undefined || head.length < 2) throw new Error('The file has no line of column names.')
  const names = head.map(name => name.trim())
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw new Error(`Two columns are called "${twice}".`)
  return rows.flatMap((cells, index) => {
    if (cells.length === 1 && cells[0] === '') return []
    if (cells.length !== names.length)
      throw new Error(`Line ${index + 2} has ${cells.length} cells, not ${names.length}.`)
    return [Object.fromEntries(names.map((name, column) => [name, cells[column] ?? '']))]
  })
}

function cellsOf(text: string, separator: string): readonly (readonly string[])[] {
  const rows: string[][] = []
  let row: string[] = []
  let cell = ''
  let isQuoted = false
  let isAfterQuote = false
  for (let at = 0; at < text.length; at++) {
    const letter = text[at] ?? ''
    if (isQuoted) {
      if (letter !== '"') cell += letter
      else if (text[at + 1] === '"') {
        cell += '"'
        at++
      } else {
        isQuoted = false
        isAfterQuote = true
      }
    } else if (letter === '"' && cell === '' && !isAfterQuote) isQuoted = true
    else if (letter === separator || letter === '\n') {
      row.push(cell)
      cell = ''
      isAfterQuote = false
      if (letter === '\n') {
        rows.push(row)
        row = []
      }
    } else if (letter !== '\r' || text[at + 1] !== '\n') cell += letter
  }
  if (isQuoted) throw new Error('A quoted cell has no end.')
  if (cell !== '' || row.length > 0) rows.push([...row, cell])
  return rows
}

function count(text: string, letter: string): number {
  return text.split(letter).length - 1
}
