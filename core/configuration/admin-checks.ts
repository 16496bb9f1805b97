/** Judges the tokens of the admin listener: each a name and a digest of its own, and a key to digest what is presented. Pure. */
import { type Finding, problem } from './finding.ts'
import { isBlock } from './path.ts'
import { type Entry, entriesOf, entryOf, type Word, type Written, wordOf } from './written.ts'

/** Everything that is wrong with `admin.tokens`, apart from their form. */
export function checkAdmin({ root, placeOf }: Written): readonly Finding[] {
  if (!isBlock(root)) return []
  const admin = entryOf({ value: root, path: [] }, 'admin')
  const tokens = admin === undefined ? [] : entriesOf(admin.value, 'tokens', admin.path)
  const [first] = tokens
  if (first === undefined) return []
  const findings = [...repeated(tokens, 'id', placeOf), ...repeated(tokens, 'keyHash', placeOf)]
  if (root.digestKey !== undefined) return findings
  const message = 'Tokens are known by digests that were made with a key, and the file has no `digestKey`.'
  const cure = 'Add `digestKey: ${TACIT_DIGEST_KEY}` at the top of the file.'
  return [...findings, problem([...first.path, 'keyHash'], 'TACIT_DIGEST_KEY_MISSING', message, cure)]
}

function repeated(tokens: readonly Entry[], key: string, placeOf: Written['placeOf']): readonly Finding[] {
  const taken = new Map<string, Word>()
  return tokens.flatMap(token => {
    const word = wordOf(token, key)
    if (word === undefined) return []
    const other = taken.get(word.text)
    if (other === undefined) {
      taken.set(word.text, word)
      return []
    }
    const message = `The token on ${placeOf(other.path, word.path)} has the same \`${key}\`.`
    return problem(word.path, 'TACIT_ADMIN_TOKEN_DUPLICATE', message, 'Give each token its own.')
  })
}
