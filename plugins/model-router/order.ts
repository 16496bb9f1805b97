/** The order in which targets are tried: those with a weight by chance, the others as they are written. Pure. */

/**
 * Draws one after the other by their weights, so that whoever is left of those that fail shares its requests by weight,
 * too; then those without one. The same list where none has a weight.
 *
 * @param random Uniform in [0, 1).
 */
export function inOrder<Choice extends { readonly weight?: number | undefined }>(
  choices: readonly Choice[],
  random: () => number
): readonly Choice[] {
  if (choices.every(({ weight }) => weight === undefined)) return choices
  const left = choices.filter(({ weight }) => weight !== undefined)
  const order: Choice[] = []
  let sum = left.reduce((total, { weight = 0 }) => total + weight, 0)
  while (left.length > 0) {
    let at = random() * sum
    const drawn = left.findIndex(({ weight = 0 }) => {
      at -= weight
      return at < 0
    })
    // Rounding may leave a last bit over.
    const [choice] = left.splice(drawn < 0 ? left.length - 1 : drawn, 1)
    if (choice === undefined) break
    sum -= choice.weight ?? 0
    order.push(choice)
  }
  return [...order, ...choices.filter(({ weight }) => weight === undefined)]
}
