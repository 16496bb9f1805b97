/**
 * Reads a TypeScript project's own sources as syntax trees, and hands out the
 * facts that the rules of the house are about: what is imported, what escapes the
 * type checker, what is exported without a word. Knows the syntax; must not know
 * the rules.
 */
import { relative } from 'node:path'
import { type Node, type SourceFile, SyntaxKind } from 'typescript/unstable/ast'
import {
  isAsExpression,
  isCallExpression,
  isExportAssignment,
  isExportDeclaration,
  isFunctionDeclaration,
  isImportDeclaration,
  isImportTypeNode,
  isInterfaceDeclaration,
  isLiteralTypeNode,
  isNewExpression,
  isNonNullExpression,
  isNoSubstitutionTemplateLiteral,
  isPropertyAccessExpression,
  isRegularExpressionLiteral,
  isStringLiteral,
  isTemplateExpression,
  isTypeAliasDeclaration,
  isTypeAssertion,
  isVariableStatement
} from 'typescript/unstable/ast/is'
import { API } from 'typescript/unstable/sync'

/** A line of a source file and the text that stands there. */
export interface Finding {
  readonly line: number
  readonly text: string
}

/** One module that a file names. */
export interface Import {
  readonly line: number
  /** As written; `*` for an import whose name is computed. */
  readonly specifier: string
  /** True when nothing of it is left at run time. */
  readonly typeOnly: boolean
}

/** What the rules of the house want to know of one file. */
export interface Source {
  /** Relative to the project, with `/`. */
  readonly path: string
  readonly lines: number
  /** The file begins with a comment in documentation form. */
  readonly hasHead: boolean
  /** Nothing of the file is left at run time. */
  readonly typesOnly: boolean
  readonly imports: readonly Import[]
  /** `as T`, `<T>x` and `x!`; not `as const` and `satisfies`. */
  readonly casts: readonly Finding[]
  /** The type `any`, written out. */
  readonly anys: readonly Finding[]
  /** Comments that silence the type checker or the linter. */
  readonly suppressions: readonly Finding[]
  /** Exported declarations without a comment in documentation form. */
  readonly undocumented: readonly Finding[]
  /** What is called or constructed, and objects that a member is taken of, as written: `setTimeout`, `new Date()`, `process`. */
  readonly uses: readonly Finding[]
}

/** Reads all files that the project's `tsconfig.json` includes, in the order of their paths. */
export function readSources(project: string): readonly Source[] {
  const api = new API({ cwd: project })
  try {
    const [opened] = api.updateSnapshot({ openProjects: [`${project}/tsconfig.json`] }).getProjects()
    if (opened === undefined) throw new TypeError(`no project at ${project}`)
    return opened.rootFiles
      .map(file => {
        const source = opened.program.getSourceFile(file)
        if (source === undefined) throw new TypeError(`no source of ${file}`)
        return factsOf(relative(project, file).replaceAll('\\', '/'), source)
      })
      .sort((one, other) => (one.path < other.path ? -1 : 1))
  } finally {
    api.close()
  }
}

function factsOf(path: string, source: SourceFile): Source {
  const imports: Import[] = []
  const casts: Finding[] = []
  const anys: Finding[] = []
  const uses: Finding[] = []
  const literals: Node[] = []
  const lineOf = (node: Node) => source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1
  const found = (node: Node): Finding => ({ line: lineOf(node), text: node.getText(source).replace(/\s+/g, ' ') })
  const visit = (node: Node): void => {
    const imported = importOf(node)
    if (imported !== undefined) imports.push({ line: lineOf(node), ...imported })
    if (isCast(node, source)) casts.push(found(node))
    if (node.kind === SyntaxKind.AnyKeyword) anys.push(found(node.parent))
    if (isCallExpression(node) || isNewExpression(node)) uses.push(found(node.expression))
    if (isNewExpression(node) && node.arguments?.length === 0) uses.push(found(node))
    if (isPropertyAccessExpression(node)) uses.push(found(node.expression))
    if (isLiteral(node)) literals.push(node)
    node.forEachChild(visit)
  }
  visit(source)
  return {
    path,
    lines: source.text.trimEnd().split('\n').length,
    hasHead: /^(?:#!.*\n)?\/\*\*/.test(source.text),
    typesOnly: source.statements.every(isTypeOnlyStatement),
    imports,
    casts,
    anys,
    suppressions: suppressionsOf(source, literals),
    undocumented: undocumentedExports(source.statements).map(statement => ({
      line: lineOf(statement),
      text: statement.getText(source).split('\n', 1)[0] ?? ''
    })),
    uses
  }
}

function importOf(node: Node): Omit<Import, 'line'> | undefined {
  if (isImportDeclaration(node)) {
    const typeOnly = node.importClause?.phaseModifier === SyntaxKind.TypeKeyword
    return { specifier: textOf(node.moduleSpecifier), typeOnly }
  }
  if (isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
    return { specifier: textOf(node.moduleSpecifier), typeOnly: node.isTypeOnly }
  }
  if (isCallExpression(node) && node.expression.kind === SyntaxKind.ImportKeyword) {
    return { specifier: textOf(node.arguments[0]), typeOnly: false }
  }
  if (isImportTypeNode(node)) {
    const { argument } = node
    return { specifier: isLiteralTypeNode(argument) ? textOf(argument.literal) : '*', typeOnly: true }
  }
  return undefined
}

function textOf(node: Node | undefined): string {
  return node !== undefined && isStringLiteral(node) ? node.text : '*'
}

/** `x as unknown as T` is one cast. */
function isCast(node: Node, source: SourceFile): boolean {
  if (isAsExpression(node)) return node.type.getText(source) !== 'const' && !isAsExpression(node.parent)
  return isTypeAssertion(node) || isNonNullExpression(node)
}

function isTypeOnlyStatement(statement: Node): boolean {
  if (isImportDeclaration(statement)) return statement.importClause?.phaseModifier === SyntaxKind.TypeKeyword
  if (isExportDeclaration(statement)) return statement.isTypeOnly
  return (
    isInterfaceDeclaration(statement) ||
    isTypeAliasDeclaration(statement) ||
    hasModifier(statement, SyntaxKind.DeclareKeyword)
  )
}

/**
 * A default export is what its file is about, so the head of the file is its comment. A type that bears the
 * name of a documented schema is described by it, and so is a function by the first of its overloads.
 */
function undocumentedExports(statements: readonly Node[]): readonly Node[] {
  const described = new Set<string>()
  return statements.filter(statement => {
    if (isExportDeclaration(statement) || isExportAssignment(statement)) return false
    if (!hasModifier(statement, SyntaxKind.ExportKeyword)) return false
    // The head of the file stands before its first statement, and is not about it.
    const own = (statement.jsDoc?.length ?? 0) - (statement === statements[0] ? 1 : 0)
    if (own > 0) {
      for (const name of namesOf(statement)) described.add(name)
      return false
    }
    const repeats = isTypeAliasDeclaration(statement) || isFunctionDeclaration(statement)
    return !(repeats && namesOf(statement).every(name => described.has(name)))
  })
}

function namesOf(statement: Node): readonly string[] {
  if (isVariableStatement(statement)) return statement.declarationList.declarations.map(({ name }) => name.getText())
  if (isTypeAliasDeclaration(statement)) return [statement.name.text]
  return isFunctionDeclaration(statement) && statement.name !== undefined ? [statement.name.text] : []
}

function hasModifier(statement: Node, kind: SyntaxKind): boolean {
  let has = false
  statement.forEachChild(child => {
    if (child.kind === kind) has = true
  })
  return has
}

const SUPPRESSION = /\/[/*]+\s*(?:@ts-(?:ignore|nocheck|expect-error)|biome-ignore).*/g

/** Texts that only look like comments stand in literals. */
function isLiteral(node: Node): boolean {
  return (
    isStringLiteral(node) ||
    isNoSubstitutionTemplateLiteral(node) ||
    isTemplateExpression(node) ||
    isRegularExpressionLiteral(node)
  )
}

function suppressionsOf(source: SourceFile, literals: readonly Node[]): readonly Finding[] {
  return [...source.text.matchAll(SUPPRESSION)]
    .filter(({ index }) => !literals.some(literal => literal.pos <= index && index < literal.end))
    .map(({ 0: text, index }) => ({ line: source.getLineAndCharacterOfPosition(index).line + 1, text }))
}
