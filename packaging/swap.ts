/**
 * Puts the published package.json in the place of the repository's own while npm
 * packs, and back again. In the repository every door leads to a source that
 * Node runs as it stands; in `node_modules` Node runs no TypeScript.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { publishedManifest } from './manifest.ts'

const Fields = Type.Object({
  exports: Type.Record(Type.String(), Type.String()),
  bin: Type.Record(Type.String(), Type.String())
})

/** Where the repository's own manifest waits, as long as the other is in its place. */
const OWN = '.package.own.json'

/** Puts the published manifest in place. What an earlier run left half done is put right first. */
export function swapIn(folder: string): void {
  swapBack(folder)
  const file = join(folder, 'package.json')
  const text = readFileSync(file, 'utf8')
  const manifest: unknown = JSON.parse(text)
  Value.Assert(Fields, manifest)
  const published = publishedManifest({ ...manifest })
  writeFileSync(join(folder, OWN), text)
  writeFileSync(file, `${JSON.stringify(published, null, 2)}\n`)
}

/** Puts the repository's own manifest back, if another is in its place. */
export function swapBack(folder: string): void {
  const own = join(folder, OWN)
  if (existsSync(own)) renameSync(own, join(folder, 'package.json'))
}
