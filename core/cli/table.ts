/** Lines things up for people. Pure. */
import { blankLike } from '../configuration/excerpt.ts'

/** Rows of cells, each column as wide as its widest cell, two spaces apart. Cells may be painted afterwards by `paint`. */
export function table(
  rows: readonly (readonly string[])[],
  paint: (cell: string, column: number, row: number) => string = cell => cell
): string {
  const widths: number[] = []
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, widthOf(cell))
  }
  return rows
    .map((row, index) => {
      const last = row.findLastIndex(cell => cell !== '')
      const cells = row.slice(0, last + 1).map((cell, column) => {
        const gap = column === last ? '' : ' '.repeat((widths[column] ?? 0) - widthOf(cell) + 2)
        return `${paint(cell, column, index)}${gap}`
      })
      return `${cells.join('')}\n`
    })
    .join('')
}

/** Columns that a text takes in a terminal. */
function widthOf(text: string): number {
  return blankLike(text).length
}
