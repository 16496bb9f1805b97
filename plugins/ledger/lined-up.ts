/** Lines things up for people: names to the left, figures to the right. Pure. */

/** Rows of cells under their heads, two spaces apart. Columns whose cells are all figures stand to the right. */
export function linedUp(heads: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map(row => (row[column] ?? '').length)))
  const isFigure = heads.map(
    (_, column) => rows.length > 0 && rows.every(row => /^[-+0-9.,%]*$/.test(row[column] ?? ''))
  )
  return [heads, ...rows].map(row =>
    row
      .map((cell, column) => (isFigure[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd()
  )
}
