import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** A file of ours: its path from the root with slashes, its text, and its syntax. */
export interface Source {
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
}

/** Something that a rule does not allow; `why` is the rule's own reason. */
export interface Violation {
  readonly path: string;
  readonly line: number;
  readonly what: string;
  readonly why: string;
}

export type Rule = (source: Source) => readonly Violation[];

export interface Import {
  readonly from: string;
  /** `import type`: gone when the program runs. */
  readonly typeOnly: boolean;
  readonly line: number;
}

/** Builds a source from text: how the rules' own tests feed them what they must refuse. */
export function sourceOf(path: string, text: string): Source {
  return { path, text, tree: ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true) };
}

/** Every source file of ours under these folders. */
export function sourcesIn(...folders: readonly string[]): readonly Source[] {
  return filesIn(folders, /\.(ts|tsx|mjs)$/).map((path) =>
    sourceOf(path, readFileSync(join(root, path), 'utf8')),
  );
}

/** Paths, from the root and with slashes, of the files under these folders whose names match. */
export function filesIn(folders: readonly string[], name: RegExp): readonly string[] {
  return folders.flatMap((folder) => walk(join(root, folder), name)).toSorted();
}

function walk(folder: string, name: RegExp): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const full = join(folder, entry.name);
    if (entry.isDirectory()) return ['node_modules', 'dist'].includes(entry.name) ? [] : walk(full, name);
    return name.test(entry.name) ? [relative(root, full).split(sep).join('/')] : [];
  });
}

export function lineOf(source: Source, node: ts.Node): number {
  return source.tree.getLineAndCharacterOfPosition(node.getStart(source.tree)).line + 1;
}

/** Calls `visit` for every node of a file. */
export function forEachNode(source: Source, visit: (node: ts.Node) => void): void {
  const walkNode = (node: ts.Node): void => {
    visit(node);
    ts.forEachChild(node, walkNode);
  };
  walkNode(source.tree);
}

/** What a file imports, exports from elsewhere, or loads with import(). */
export function importsOf(source: Source): readonly Import[] {
  const found: Import[] = [];
  forEachNode(source, (node) => {
    const target = importTarget(node);
    if (target) found.push({ ...target, line: lineOf(source, node) });
  });
  return found;
}

function importTarget(node: ts.Node): Omit<Import, 'line'> | undefined {
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
    return { from: node.moduleSpecifier.text, typeOnly: isTypeOnly(node.importClause) };
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier)) {
    return { from: node.moduleSpecifier.text, typeOnly: node.isTypeOnly };
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const [target] = node.arguments;
    if (target && ts.isStringLiteral(target)) return { from: target.text, typeOnly: false };
  }
  if (
    ts.isImportTypeNode(node) &&
    ts.isLiteralTypeNode(node.argument) &&
    ts.isStringLiteral(node.argument.literal)
  ) {
    return { from: node.argument.literal.text, typeOnly: true };
  }
  return undefined;
}

function isTypeOnly(clause: ts.ImportClause | undefined): boolean {
  if (!clause) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const names = clause.namedBindings;
  return (
    !clause.name && !!names && ts.isNamedImports(names) && names.elements.every((name) => name.isTypeOnly)
  );
}

/** One line for each violation: what a failing test prints. Empty when all is well. */
export function violationsOf(rule: Rule, sources: readonly Source[]): readonly string[] {
  return sources.flatMap(rule).map(({ path, line, what, why }) => `${path}:${line} ${what}. Why not: ${why}`);
}
