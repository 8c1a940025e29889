// The lint of the whole project. Which folder may import which is checked twice: here for what a reader should see while
// typing (workflows, domain), and for every folder by tests/unit/import-boundaries.test.ts.
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { maxOwnLines } from './scripts/lint/max-own-lines.mjs';

const TYPESCRIPT = ['**/*.ts', '**/*.tsx'];
const SCRIPTS = ['**/*.mjs', '**/*.cjs', '**/*.js'];
const PRODUCTION = ['domain', 'workflows', 'activities', 'db', 'workers', 'operator', 'rehearsal'].map(
  (folder) => `${folder}/**/*.{ts,tsx}`,
);
/** Where amounts are read, moved and kept. */
const MONEY = ['domain', 'workflows', 'activities', 'db'].map((folder) => `${folder}/**/*.ts`);

// Flat configuration replaces the options of a rule and does not merge them, so each folder lists all it forbids.
const noEnum = { selector: 'TSEnumDeclaration', message: 'Use `const X = {…} as const` and a type of the same name.' };
const noFloatMoney = [
  { selector: 'CallExpression[callee.name="parseFloat"]', message: 'Amounts are bigint fen, ratios are decimals.' },
  {
    selector: 'CallExpression[callee.object.name="Number"][callee.property.name="parseFloat"]',
    message: 'Amounts are bigint fen, ratios are decimals.',
  },
  {
    selector: 'CallExpression[callee.property.name="toNumber"]',
    message: 'A decimal leaves by toFixed(), never as a float.',
  },
  {
    selector: 'CallExpression[callee.name="Number"][arguments.0.type="Identifier"][arguments.0.name=/(Fen|fen)$/]',
    message: 'Fen stay bigint.',
  },
];
const noRandom = {
  selector: 'MemberExpression[object.name="Math"][property.name="random"]',
  message: 'No randomness here: the same input gives the same result.',
};
const noClock = [
  { selector: 'MemberExpression[object.name="Date"][property.name="now"]', message: 'The domain reads no clock.' },
  { selector: 'CallExpression[callee.name="Date"]', message: 'The domain reads no clock.' },
  { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: 'The domain reads no clock.' },
];
const noDateObject = {
  selector: 'NewExpression[callee.name="Date"]',
  message: 'Dates are PlainDate and Period; the civil calendar lives in plain-date.ts and business-time.ts.',
};
const noHostGlobals = ['process', 'performance', 'crypto', 'fetch', 'setTimeout', 'setInterval', 'setImmediate'].map(
  (name) => ({ name, message: 'The domain and the workflows reach nothing outside themselves.' }),
);
const workflowSafety = [
  {
    selector:
      'Program > VariableDeclaration[kind!="const"], ExportNamedDeclaration > VariableDeclaration[kind!="const"]',
    message: 'No mutable module state: several workflows may share a module.',
  },
  {
    selector: 'ThrowStatement > NewExpression[callee.name=/^(Error|TypeError|RangeError)$/]',
    message: 'A plain Error retries the workflow task for ever; throw an ApplicationFailure (workflows/refusals.ts).',
  },
  {
    selector: 'CallExpression[callee.name=/^uuid4$/]',
    message: 'Keys come from business ids.',
  },
];

/** Rules about mistakes that no type tells; the first group is for scripts too. */
const correctness = {
  eqeqeq: ['error', 'always'],
  'array-callback-return': 'error',
  'constructor-super': 'error',
  'default-case-last': 'error',
  'for-direction': 'error',
  'no-async-promise-executor': 'error',
  'no-compare-neg-zero': 'error',
  'no-cond-assign': 'error',
  'no-constant-binary-expression': 'error',
  'no-constant-condition': ['error', { checkLoops: 'allExceptWhileTrue' }],
  'no-constructor-return': 'error',
  'no-debugger': 'error',
  'no-dupe-else-if': 'error',
  'no-duplicate-case': 'error',
  'no-empty': 'error',
  'no-empty-character-class': 'error',
  'no-eval': 'error',
  'no-fallthrough': 'error',
  'no-misleading-character-class': 'error',
  'no-new-wrappers': 'error',
  'no-param-reassign': 'error',
  'no-prototype-builtins': 'error',
  'no-self-assign': 'error',
  'no-self-compare': 'error',
  'no-sparse-arrays': 'error',
  'no-template-curly-in-string': 'error',
  'no-unmodified-loop-condition': 'error',
  'no-unreachable': 'error',
  'no-unreachable-loop': 'error',
  'no-unsafe-finally': 'error',
  'no-unsafe-optional-chaining': 'error',
  'no-useless-backreference': 'error',
  'no-useless-catch': 'error',
  'no-useless-escape': 'error',
  'no-useless-rename': 'error',
  'no-var': 'error',
  'object-shorthand': 'error',
  'prefer-const': 'error',
  'require-yield': 'error',
  'use-isnan': 'error',
  'valid-typeof': 'error',
};

const imports = {
  'import-x/first': 'error',
  'import-x/newline-after-import': 'error',
  'import-x/no-cycle': ['error', { ignoreExternal: true }],
  'import-x/no-duplicates': 'error',
  'import-x/no-mutable-exports': 'error',
  'import-x/no-self-import': 'error',
  'import-x/no-unresolved': 'error',
  'import-x/no-useless-path-segments': 'error',
};

const nodeGlobals = Object.fromEntries(
  [
    'AbortController',
    'AbortSignal',
    'Buffer',
    'TextDecoder',
    'TextEncoder',
    'URL',
    'URLSearchParams',
    'clearInterval',
    'clearTimeout',
    'console',
    'fetch',
    'performance',
    'process',
    'setImmediate',
    'setInterval',
    'setTimeout',
    'structuredClone',
  ].map((name) => [name, 'readonly']),
);
const commonJsGlobals = { __dirname: 'readonly', __filename: 'readonly', module: 'writable', require: 'readonly' };

export default defineConfig(
  globalIgnores(['dist/', 'coverage/', 'node_modules/', '**/node_modules/', 'tests/replay/histories/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error', reportUnusedInlineConfigs: 'error' } },
  {
    plugins: { 'import-x': importX },
    settings: {
      'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'] })],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts', '.tsx'] },
      'import-x/extensions': ['.ts', '.tsx', '.mjs', '.js'],
    },
    rules: { ...correctness, ...imports },
  },
  {
    files: SCRIPTS,
    languageOptions: { globals: nodeGlobals },
    rules: { 'no-undef': 'error', 'no-unused-vars': 'error', 'prefer-promise-reject-errors': 'error' },
  },
  { files: ['**/*.cjs', '**/*.js'], languageOptions: { sourceType: 'commonjs', globals: commonJsGlobals } },
  {
    // Runs inside a page.
    files: ['tests/browser/**/*.js'],
    languageOptions: { globals: { document: 'readonly', getComputedStyle: 'readonly', SVGElement: 'readonly' } },
  },
  {
    files: TYPESCRIPT,
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // The compiler resolves these imports, and more exactly.
      'import-x/no-unresolved': 'off',
      'no-restricted-syntax': ['error', noEnum],
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      // Indexing is checked (noUncheckedIndexedAccess), and `!` says that the place is known to hold a value.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/prefer-readonly': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/return-await': 'error',
      // Factories return closures; what looks like a method here uses no `this`.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    files: [...PRODUCTION, 'scripts/**/*.{ts,mjs}'],
    plugins: { settle: { rules: { 'max-own-lines': maxOwnLines } } },
    rules: {
      'settle/max-own-lines': ['error', { max: 70 }],
      'max-lines': ['error', { max: 300 }],
    },
  },
  { files: PRODUCTION, rules: { 'no-console': 'error' } },
  // What the command prints is its result.
  { files: ['operator/cli/**/*.ts'], rules: { 'no-console': 'off' } },
  { files: MONEY, rules: { 'no-restricted-syntax': ['error', noEnum, ...noFloatMoney, noRandom] } },
  {
    files: ['domain/**/*.ts'],
    rules: {
      'no-restricted-syntax': ['error', noEnum, ...noFloatMoney, noRandom, ...noClock, noDateObject],
      'no-restricted-globals': ['error', ...noHostGlobals],
      'no-restricted-imports': ['error', { patterns: [{ group: ['node:*'], message: 'The domain does no I/O.' }] }],
    },
  },
  {
    // Sums of the civil calendar: `new Date(number)` and `Date.UTC`, which read no clock.
    files: ['domain/plain-date.ts', 'domain/business-time.ts'],
    rules: { 'no-restricted-syntax': ['error', noEnum, ...noFloatMoney, noRandom, ...noClock] },
  },
  {
    // The driver gives the rows of a query as `any`; each query names the types of its columns in one place.
    files: ['db/**/*.ts', 'operator/commands/**/*.ts', 'tests/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
    },
  },
  {
    files: ['workflows/**/*.ts'],
    rules: {
      'no-restricted-syntax': ['error', noEnum, ...noFloatMoney, noRandom, ...workflowSafety],
      'no-restricted-globals': ['error', ...noHostGlobals],
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            { regex: '^\\.\\./activities/', message: 'Types of activities only.', allowTypeImports: true },
            {
              regex: '^(\\.\\./)+(db|workers|operator|rehearsal|tests)/',
              message: 'Workflows import the domain only.',
            },
            {
              regex: '^(?!\\.)(?!@temporalio/(workflow|common)$)',
              message: 'Workflows import @temporalio/workflow, @temporalio/common and files of the project only.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['tests/**/*.ts'],
    rules: {
      // Test doubles are async because what they stand for is.
      '@typescript-eslint/require-await': 'off',
    },
  },
);
