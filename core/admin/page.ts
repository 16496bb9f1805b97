/** The files of the page on the admin listener, as they are shipped. Read once; nothing is made of them. */
import { readdirSync, readFileSync } from 'node:fs'
import { extname } from 'node:path'
import type { PageFile } from '../server/admin.ts'

const FOLDER = new URL('./page/', import.meta.url)

const TYPES: ReadonlyMap<string, string> = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.svg', 'image/svg+xml']
])

/** Reads the page: `index.html` is served at `/`, everything else at `/page/`. */
export function readPage(): readonly PageFile[] {
  return readdirSync(FOLDER).flatMap(name => {
    const type = TYPES.get(extname(name))
    if (type === undefined) return []
    const path = name === 'index.html' ? '/' : `/page/${name}`
    return [{ path, type, body: readFileSync(new URL(name, FOLDER), 'utf8') }]
  })
}
