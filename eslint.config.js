import neostandard from 'neostandard'
import tseslint from 'typescript-eslint'

const typed = {
  files: ['**/*.ts'],
  plugins: { '@typescript-eslint': tseslint.plugin },
  languageOptions: {
    parser: tseslint.parser,
    parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
  },
  rules: {
    '@typescript-eslint/await-thenable': 'error',
    '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
    '@typescript-eslint/no-explicit-any': 'error',
    '@typescript-eslint/no-floating-promises': 'error',
    '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
    '@typescript-eslint/no-unnecessary-condition': 'error',
    '@typescript-eslint/no-unnecessary-type-assertion': 'error',
    '@typescript-eslint/only-throw-error': 'error',
    '@typescript-eslint/prefer-nullish-coalescing': 'error',
    '@typescript-eslint/switch-exhaustiveness-check': 'error',
  },
}

// Tests wait on servers and streams whose types are loose; the rules that only guard product code are off there.
const tests = {
  files: ['test/**/*.ts'],
  rules: {
    '@typescript-eslint/no-floating-promises': 'off',
    '@typescript-eslint/no-unnecessary-condition': 'off',
  },
}

// lib/ is data in, data out: nothing there may know a request, a reply or an instance.
const pureLib = {
  files: ['lib/**/*.ts'],
  rules: {
    'no-restricted-imports': ['error', {
      patterns: [
        {
          group: ['fastify', 'fastify-plugin', '@fastify/*', '!@fastify/error'],
          message: 'lib/ imports no Fastify: wire it in plugins/ or routes/.',
        },
        { group: ['**/plugins/*', '**/routes/*', '**/cli/*'], message: 'lib/ is below plugins/, routes/ and cli/.' },
      ],
    }],
  },
}

// In tests, examples and benchmarks a long string, which is data, may stand on one line.
const lines = {
  files: ['**/*.ts', '**/*.mjs', '**/*.js'],
  rules: { '@stylistic/max-len': ['error', { code: 120, ignoreUrls: true }] },
}
const dataLines = {
  files: ['test/**', 'examples/**', 'bench/**', 'scripts/**'],
  rules: {
    '@stylistic/max-len': ['error', {
      code: 120, ignoreUrls: true, ignoreStrings: true, ignoreTemplateLiterals: true, ignoreRegExpLiterals: true,
    }],
  },
}

export default [
  ...neostandard({ ts: true, ignores: ['dist/**', '.tap/**', 'node_modules/**', 'artifacts/**'] }),
  typed,
  tests,
  pureLib,
  lines,
  dataLines,
]
