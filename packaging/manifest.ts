/**
 * What package.json says once it is published: the doors lead to what was built,
 * and what only developing needs is gone. Pure.
 */

/** What a package.json is taken to say. Whatever else it says is kept. */
export interface Manifest {
  readonly exports: Readonly<Record<string, string>>
  readonly bin: Readonly<Record<string, string>>
  readonly [field: string]: unknown
}

/** Where the build stands within the package. */
export const BUILT = 'dist'

/** Fields that nobody who installs the package has a use for. */
const FOR_DEVELOPING: ReadonlySet<string> = new Set(['scripts', 'devDependencies', 'allowScripts'])

/** The manifest of the published package, from that of the repository. */
export function publishedManifest(manifest: Manifest): Record<string, unknown> {
  const kept = Object.entries(manifest).filter(([field]) => !FOR_DEVELOPING.has(field))
  return {
    ...Object.fromEntries(kept),
    bin: mapped(manifest.bin, target => builtPath(target)),
    exports: mapped(manifest.exports, target => {
      if (!target.endsWith('.ts')) return target
      // `types` comes first: conditions are tried in their order.
      return { types: builtPath(target).replace(/\.js$/, '.d.ts'), default: builtPath(target) }
    })
  }
}

/** `./core/plugin.ts` as `./dist/core/plugin.js`. */
function builtPath(target: string): string {
  return target.replace(/^\.\//, `./${BUILT}/`).replace(/\.ts$/, '.js')
}

function mapped<Value>(table: Readonly<Record<string, string>>, map: (target: string) => Value): Record<string, Value> {
  return Object.fromEntries(Object.entries(table).map(([name, target]) => [name, map(target)]))
}

/**
 * A declaration file whose imports name what stands beside it. The compiler leaves the endings of the sources there,
 * which older compilers of those who use the package do not take.
 */
export function withBuiltImports(declarations: string): string {
  return declarations.replace(/((?:from |import\()['"]\.{1,2}\/[^'"\n]+)\.ts(['"])/g, '$1.js$2')
}
