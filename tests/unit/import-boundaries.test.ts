import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, posix, resolve, sep } from 'node:path';
import ts from 'typescript';

/**
 * Which folder may import which (DESIGN 9): the domain nothing of the rest, workflows the domain and types of activities,
 * and nothing that production runs the rehearsal.
 */
const root = resolve(__dirname, '../..');

/** A module whose name is computed at run time: it could be any. */
const COMPUTED = '(computed)';

interface Import {
  specifier: string;
  typeOnly: boolean;
}

interface SourceFile {
  /** From the root, with forward slashes. */
  path: string;
  text: string;
}

/** What a part of the project may import besides itself. A part is a folder, or a file, without what inside it is a part. */
interface Rule {
  values: readonly Part[];
  /** Parts of which it may import types only. */
  types?: readonly Part[];
  /** Packages it may import; all where this is left out. */
  packages?: readonly string[];
  /** Without what Node brings along: files, network, processes, clocks. */
  noNode?: true;
}

const PARTS = [
  'domain',
  'workflows',
  'workflows/messages',
  'activities',
  'activities/bank',
  'db',
  'workers',
  'workers/bank-simulator',
  'workers/daily',
  'operator',
  'operator/files',
  'operator/commands',
  'operator/connection',
  'operator/cli',
  'rehearsal',
] as const;
type Part = (typeof PARTS)[number];

const WORKFLOW_PACKAGES = ['@temporalio/workflow', '@temporalio/common'];
const BELOW_OPERATOR: readonly Part[] = [
  'domain',
  'db',
  'activities',
  'activities/bank',
  'workers',
  'workflows/messages',
];

const RULES: Readonly<Record<Part, Rule>> = {
  domain: { values: [], packages: ['decimal.js', 'yaml', 'zod'], noNode: true },
  workflows: {
    values: ['domain', 'workflows/messages'],
    types: ['activities'],
    packages: WORKFLOW_PACKAGES,
    noNode: true,
  },
  'workflows/messages': { values: ['domain'], types: ['activities'], packages: WORKFLOW_PACKAGES, noNode: true },
  db: { values: ['domain'] },
  activities: { values: ['domain', 'db', 'activities/bank'] },
  'activities/bank': { values: ['domain'] },
  // Workers load the workflows as a bundle and never import them.
  workers: { values: ['domain', 'db', 'activities', 'activities/bank', 'workflows/messages'] },
  // A bank knows what banks know: messages, and not the engine's tables.
  'workers/bank-simulator': { values: ['domain', 'activities/bank', 'workers'] },
  // What runs from day to day, the bank of development included.
  'workers/daily': { values: ['domain', 'db', 'activities/bank', 'workers', 'workers/bank-simulator'] },
  operator: { values: BELOW_OPERATOR },
  'operator/files': { values: ['domain', 'operator'] },
  'operator/commands': { values: [...BELOW_OPERATOR, 'operator', 'operator/files'] },
  // How a command reaches what runs: it builds what commands work with.
  'operator/connection': { values: [...BELOW_OPERATOR, 'operator', 'operator/files', 'operator/commands'] },
  // The command line is where a rehearsal is started from; what it commands is not.
  'operator/cli': {
    values: [
      ...BELOW_OPERATOR,
      'operator',
      'operator/files',
      'operator/commands',
      'operator/connection',
      'rehearsal',
      'workers/bank-simulator',
      'workers/daily',
    ],
  },
  rehearsal: {
    values: [...BELOW_OPERATOR, 'operator', 'operator/files', 'operator/commands', 'workers/bank-simulator'],
  },
};

/** The part that a path without its ending belongs to; undefined outside all of them. */
function partOf(path: string): Part | undefined {
  return PARTS.filter((part) => path === part || path.startsWith(`${part}/`)).sort((a, b) => b.length - a.length)[0];
}

function importsOf({ path, text }: SourceFile): Import[] {
  const found: Import[] = [];
  const add = (node: ts.Node | undefined, typeOnly: boolean): void => {
    found.push({ specifier: node && ts.isStringLiteralLike(node) ? node.text : COMPUTED, typeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isTypeImport(node.importClause));
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier) add(node.moduleSpecifier, isTypeExport(node));
    else if (ts.isImportTypeNode(node))
      add(ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, true);
    else if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference))
      add(node.moduleReference.expression, node.isTypeOnly);
    else if (ts.isCallExpression(node) && isLoading(node.expression)) add(node.arguments[0], false);
    ts.forEachChild(node, visit);
  };
  const kind = path.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, false, kind));
  return found;
}

function isTypeImport(clause: ts.ImportClause | undefined): boolean {
  if (!clause) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const bindings = clause.namedBindings;
  if (clause.name || !bindings || !ts.isNamedImports(bindings)) return false;
  return bindings.elements.length > 0 && bindings.elements.every((element) => element.isTypeOnly);
}

function isTypeExport({ isTypeOnly, exportClause }: ts.ExportDeclaration): boolean {
  if (isTypeOnly) return true;
  if (!exportClause || !ts.isNamedExports(exportClause)) return false;
  return exportClause.elements.length > 0 && exportClause.elements.every((element) => element.isTypeOnly);
}

function isLoading(callee: ts.Expression): boolean {
  if (callee.kind === ts.SyntaxKind.ImportKeyword) return true;
  if (ts.isIdentifier(callee)) return callee.text === 'require';
  return (
    ts.isPropertyAccessExpression(callee) && ts.isIdentifier(callee.expression) && callee.expression.text === 'require'
  );
}

/** What a file imports that its part may not: `path -> module`. */
function violations(file: SourceFile): string[] {
  const own = partOf(file.path.replace(/\.tsx?$/, ''));
  if (!own) throw new Error(`${file.path} belongs to no part of the project`);
  const rule = RULES[own];
  const mayImport = ({ specifier, typeOnly }: Import): boolean => {
    if (specifier === COMPUTED) return !rule.noNode;
    if (specifier.startsWith('.')) {
      const target = partOf(posix.join(posix.dirname(file.path), specifier));
      if (!target) return false;
      return target === own || rule.values.includes(target) || (typeOnly && rule.types?.includes(target) === true);
    }
    if (isBuiltin(specifier)) return !rule.noNode;
    const depth = specifier.startsWith('@') ? 2 : 1;
    return rule.packages?.includes(specifier.split('/').slice(0, depth).join('/')) ?? true;
  };
  return importsOf(file)
    .filter((found) => !mayImport(found))
    .map(({ specifier }) => `${file.path} -> ${specifier}`);
}

const FOLDERS = [...new Set(PARTS.map((part) => part.split('/')[0]!))];

function sourceFiles(): SourceFile[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.tsx?$/.test(name) && !name.split(sep).includes('node_modules'))
      .map((name) => posix.join(folder, ...name.split(sep)))
      .sort()
      .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') })),
  );
}

describe('imports stay within the boundaries of the design', () => {
  const files = sourceFiles();

  it('every part of the project has files, so that no rule watches an empty place', () => {
    const found = new Set(files.map(({ path }) => partOf(path.replace(/\.tsx?$/, ''))));
    expect(PARTS.filter((part) => !found.has(part))).toEqual([]);
  });

  it.each(FOLDERS)('%s imports what it may', (folder) => {
    const own = files.filter(({ path }) => path.startsWith(`${folder}/`));
    expect(own.flatMap(violations)).toEqual([]);
  });
});

describe('an import over a boundary is found', () => {
  it.each([
    ['the domain reads files', 'domain/a.ts', `import { readFileSync } from 'node:fs';`],
    ['the domain reads files, in the old spelling', 'domain/a.ts', `import fs from 'fs';`],
    ['the domain hashes by itself', 'domain/policy/a.ts', `import { createHash } from 'node:crypto';`],
    ['the domain knows Temporal', 'domain/a.ts', `import { sleep } from '@temporalio/workflow';`],
    ['the domain knows the database', 'domain/a.ts', `import { connect } from '../db/connect';`],
    ['the domain knows a type of the database', 'domain/ledger/a.ts', `import type { Knex } from 'knex';`],
    ['the domain loads a module by name', 'domain/a.ts', `const fs = require('node:fs');`],
    ['the domain loads a module later', 'domain/a.ts', `const load = () => import('../db/connect');`],
    ['the domain loads a module it computes', 'domain/a.ts', 'const load = (name: string) => import(name);'],
    ['the domain names a type in place', 'domain/a.ts', `let db: import('../db/connect').Database;`],
    ['the domain hands on another folder', 'domain/a.ts', `export * from '../operator/files/csv';`],
    ['workflows call activities directly', 'workflows/a.ts', `import { createActivities } from '../activities';`],
    ['one name of several is a value', 'workflows/a.ts', `import { type A, b } from '../activities/types';`],
    ['workflows run code of activities for its effect', 'workflows/a.ts', `import '../activities/types';`],
    ['workflows know the database', 'workflows/a.ts', `import type { Database } from '../db/connect';`],
    ['workflows use Node', 'workflows/a.ts', `import { randomUUID } from 'crypto';`],
    ['workflows use a client', 'workflows/a.ts', `import { Client } from '@temporalio/client';`],
    ['workflows use activity contexts', 'workflows/a.ts', `import { Context } from '@temporalio/activity';`],
    ['workflows use a test package', 'workflows/a.ts', `import chinese = require('chinese-days');`],
    ['activities know how people reach them', 'activities/a.ts', `import { x } from '../operator/commands/x';`],
    ['activities know workers', 'activities/a.ts', `import { x } from '../workers/logging';`],
    ['activities know the rehearsal', 'activities/payments/a.ts', `import { x } from '../../rehearsal/summary';`],
    ['the bank port knows tables', 'activities/bank/a.ts', `import { loadPayments } from '../../db/payments';`],
    ['the database knows activities', 'db/a.ts', `import type { Bank } from '../activities/bank/port';`],
    ['the database knows workflows', 'db/verify/a.ts', `export { x } from '../../workflows/messages';`],
    ['workers know the rehearsal', 'workers/a.ts', `import { x } from '../rehearsal/actors/x';`],
    ['workers import workflows', 'workers/a.ts', `import * as workflows from '../workflows';`],
    ['the simulated bank reads tables', 'workers/bank-simulator/a.ts', `import { x } from '../../db/payments';`],
    ['commands import workflows', 'operator/commands/a.ts', `import { x } from '../../workflows/payment-case';`],
    ['commands know the rehearsal', 'operator/commands/a.ts', `import { x } from '../../rehearsal/conductor';`],
    ['commands know the command line', 'operator/commands/a.ts', `import { x } from '../cli/output';`],
    ['readers of files know commands', 'operator/files/a.ts', `import { x } from '../commands/decisions';`],
    ['the rehearsal knows the command line', 'rehearsal/a.ts', `import { x } from '../operator/cli/output';`],
    ['production imports tests', 'db/a.ts', `import { x } from '../tests/support/database';`],
    ['production imports scripts', 'workers/services/a.ts', `import { x } from '../../scripts/lib/root.mjs';`],
    [
      'a comment does not hide the import after it',
      'domain/a.ts',
      `// import\n/* x */ import a from /* y */ 'node:os';`,
    ],
  ])('%s', (_what, path, text) => {
    expect(violations({ path, text })).toHaveLength(1);
  });

  it.each([
    ['the domain imports itself', 'domain/policy/a.ts', `import { yuan } from '../money';`],
    ['the domain imports the three packages it may', 'domain/a.ts', `import { z } from 'zod/v4'; import 'decimal.js';`],
    ['workflows import the domain', 'workflows/a.ts', `import { sum } from '../domain/money';`],
    ['workflows import types of activities', 'workflows/a.ts', `import type { A } from '../activities/types';`],
    ['workflows import names that all are types', 'workflows/a.ts', `import { type A } from '../activities/types';`],
    ['workflows hand on types of activities', 'workflows/a.ts', `export type { A } from '../activities/types';`],
    ['commands import messages', 'operator/commands/a.ts', `import { x } from '../../workflows/messages';`],
    ['the command line starts a rehearsal', 'operator/cli/a.ts', `const r = () => import('../../rehearsal');`],
    ['text that only looks like an import', 'domain/a.ts', 'const t = "import fs from \'node:fs\'"; // require("fs")'],
  ])('and this is none: %s', (_what, path, text) => {
    expect(violations({ path, text })).toEqual([]);
  });

  it('a file outside every part is not passed over', () => {
    expect(() => violations({ path: 'elsewhere/a.ts', text: '' })).toThrow('belongs to no part');
  });
});
