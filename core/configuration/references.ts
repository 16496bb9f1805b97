/**
 * The form of references to values from outside, as patterns for editors, which can look at a text and not put the
 * values in. Whatever `secrets.ts` understands fits; so does much that it refuses. Without look-around, which not
 * every engine of patterns knows. Pure.
 */

/** Matches a text that is one reference and nothing else: it may stand for a number or a truth too. */
export const WHOLE_REFERENCE = '^\\$\\{[^}]+\\}$'

/** Matches a text with a reference anywhere in it: what becomes of it, nobody can say beforehand. */
export const ANY_REFERENCE = '(?:^|[^$])\\$\\{[^}]+\\}'
