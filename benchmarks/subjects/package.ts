/**
 * The gateway as those have it who install it: built, in a folder of its own.
 * From the sources Node takes the types away itself, which costs memory and
 * time at the start that the package does not.
 */
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from '../../packaging/build.ts'
import { BUILT, type Manifest, publishedManifest } from '../../packaging/manifest.ts'
import { HERE } from './tacit.ts'

/** What is built of the working tree, and what the compiler reads beside it. */
const BUILT_OF = ['core', 'plugins', 'config', 'tsconfig.json', 'tsconfig.build.json', 'package.json']

/**
 * Builds the package of the working tree below `folder`, beside the dependencies that are installed here. Touches
 * nothing else, so that several may be built at once.
 * @returns the root of what was built, with a slash at its end
 * @throws Error when it does not compile
 */
export function buildPackage(folder: string): string {
  const root = join(folder, 'package')
  mkdirSync(root)
  for (const each of BUILT_OF) cpSync(join(HERE, each), join(root, each), { recursive: true })
  symlinkSync(join(HERE, 'node_modules'), join(root, 'node_modules'))
  build(root)
  // From here on its doors lead to what was built.
  const manifest: Manifest = JSON.parse(readFileSync(join(HERE, 'package.json'), 'utf8'))
  writeFileSync(join(root, 'package.json'), JSON.stringify(publishedManifest(manifest)))
  return join(root, BUILT, '/')
}
